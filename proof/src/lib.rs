//! Proves, on the CPU at hand, that every kernel of [`absmax`] returns the bits of its scalar
//! reference.
//!
//! A proof has four parts:
//!
//! - [`inputs`] has values, scales, shapes and schemes that have cost somebody a bug. All are drawn
//!   from fixed seeds, so a difference can be found again.
//! - [`expected`] has the naive answers. They are computed one element after another by
//!   [`absmax::reference`], which shares no function with the kernels.
//! - [`control`] does what libraries commonly do instead, and is wrong in one way for each
//!   operation. A comparison that does not tell it from the reference proves nothing.
//! - [`compare`] runs every [`Subject`] (each backend, and the control) on the same input. It
//!   counts, on a [`Board`](compare::Board), what differs from the naive answer in any bit.
//!
//! [`checks`] puts these parts together. A check is a value with a name, and says in words what it
//! tries:
//!
//! ```
//! use absmax::Backend;
//! use absmax_proof::{Effort, Session, checks};
//!
//! let session = Session::new(Backend::available(), Effort::Quick);
//! let outcome = checks::NOT_FINITE.run(&session)?;
//! assert!(outcome.passed(), "{outcome}");
//! // The control was caught wherever it took part.
//! assert_eq!(outcome.toothless().count(), 0);
//! # Ok::<(), absmax_proof::Error>(())
//! ```
//!
//! [`prove()`] runs all checks of an [`Effort`] and the enumeration behind the exact division, and
//! returns a [`Report`], which is plain data that serializes. `absmax selftest` prints the report,
//! and the tests of the kernel crate run the same checks one by one. To compare an input of your
//! own, use a board:
//!
//! ```
//! use absmax::{Backend, Scheme};
//! use absmax_proof::compare::Placed;
//! use absmax_proof::{Effort, Session};
//!
//! let session = Session::new(Backend::available(), Effort::Quick);
//! let mut board = session.board_without_control();
//! let x = Placed::new(&[1.0f32, -1.0, 0.5, -0.5], 3, f32::NAN);
//! board.tensor(&x, &[2, 2], Scheme::int8().per_channel(0));
//! let outcome = board.outcome();
//! assert!(outcome.passed(), "{outcome}");
//! ```
//!
//! [`vectors`] writes the naive answers as JSON, for engines in other languages.
//!
//! # Without `std`
//!
//! This crate uses std, but does not turn on the feature `std` of [`absmax`] or `half`, because the
//! kernels' tests without `std` use this crate too. Two figures of [`absmax::ErrorStats`] exist
//! only with `std`. The caller hands them in by [`Session::ratios`].

pub mod checks;
pub mod compare;
pub mod control;
mod effort;
mod error;
pub mod expected;
pub mod inputs;
mod prove;
mod report;
mod session;
mod status;
mod subject;
mod summed;
pub mod vectors;

pub use effort::Effort;
pub use error::{Error, Result};
pub use prove::prove;
pub use report::{Report, cpu_name};
pub use session::{Progress, Session};
pub use status::{Status, Unavailable};
pub use subject::{Ratios, Subject};
