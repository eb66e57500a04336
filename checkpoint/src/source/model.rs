//! Opens a model that another one is made of.

use std::path::Path;

use super::checkpoint::Checkpoint;
use super::foreign::{refuse_foreign_content, refuse_foreign_files};
use crate::control::Control;
use crate::error::Result;

/// Opens a checkpoint, and refuses what is not a model.
pub(crate) fn open_model(control: &Control<'_>, source: &Path) -> Result<Checkpoint> {
    refuse_foreign_files(source)?;
    let checkpoint = Checkpoint::open(control, source)?;
    refuse_foreign_content(&checkpoint)?;
    Ok(checkpoint)
}
