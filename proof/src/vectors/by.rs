//! Who answers the cases of the vectors.

use absmax::Backend;

/// Who answers: the reference, when cases are written, or a backend, when they are read.
#[derive(Clone, Copy, Debug)]
pub(super) enum By {
    Reference,
    Backend(Backend),
}
