//! The pieces in which tensors are worked on, which only the library names: the file is compiled here
//! once more.

#[allow(dead_code)]
#[path = "../../src/read/span.rs"]
mod span;

use span::{LONGEST, SLAB, Span};

/// Slabs are in order, leave nothing out, and are as large as they may be.
#[test]
fn slabs_cover_a_tensor() {
    for (shape, align, count) in [
        ([0, 5], 1, 0),
        ([5, 0], 1, 0),
        ([3, 5], 1, 1),
        ([SLAB, 2], 1, 2),
        ([2, SLAB + 1], 1, 2),
        ([2, LONGEST], 1, 2),
        ([2, LONGEST + 1], 32, 2 * (LONGEST / SLAB + 1)),
        ([1, LONGEST + 1], 96, LONGEST / (SLAB / 96 * 96) + 1),
        ([1, LONGEST + 1], SLAB + 1, LONGEST / (SLAB + 1) + 1),
    ] {
        let mut end = 0;
        let slabs: Vec<Span> = Span::whole(shape).slabs(align).collect();
        assert_eq!(slabs.len(), count, "{shape:?}, {align}");
        for slab in slabs {
            let elements = slab.elements(shape[1]);
            assert_eq!(elements.start, end, "{shape:?}, {align}");
            let is_whole = slab.columns.len() == shape[1];
            assert!(is_whole || slab.columns.start.is_multiple_of(align));
            assert_eq!(slab.position(0), [slab.rows.start, slab.columns.start]);
            end = elements.end;
        }
        assert_eq!(end, shape[0] * shape[1], "{shape:?}, {align}");
    }
}
