//! The pieces in which tensors are worked on, which only the library names: the file is compiled here
//! once more.

#[allow(dead_code)]
#[path = "../../src/read/span.rs"]
mod span;

use span::{LONGEST, PANEL, Span};

/// Panels are in order, leave nothing out, and are as large as they may be.
#[test]
fn panels_cover_a_tensor() {
    for (shape, align, count) in [
        ([0, 5], 1, 0),
        ([5, 0], 1, 0),
        ([3, 5], 1, 1),
        ([PANEL, 2], 1, 2),
        ([2, PANEL + 1], 1, 2),
        ([2, LONGEST], 1, 2),
        ([2, LONGEST + 1], 32, 2 * (LONGEST / PANEL + 1)),
        ([1, LONGEST + 1], 96, LONGEST / (PANEL / 96 * 96) + 1),
        ([1, LONGEST + 1], PANEL + 1, LONGEST / (PANEL + 1) + 1),
    ] {
        let mut end = 0;
        let panels: Vec<Span> = Span::whole(shape).panels(align).collect();
        assert_eq!(panels.len(), count, "{shape:?}, {align}");
        for panel in panels {
            let elements = panel.elements(shape[1]);
            assert_eq!(elements.start, end, "{shape:?}, {align}");
            let is_whole = panel.columns.len() == shape[1];
            assert!(is_whole || panel.columns.start.is_multiple_of(align));
            assert_eq!(panel.position(0), [panel.rows.start, panel.columns.start]);
            end = elements.end;
        }
        assert_eq!(end, shape[0] * shape[1], "{shape:?}, {align}");
    }
}
