//! Lists the files of cases.

use std::path::Path;
use std::{fs, io};

use absmax::Backend;

use super::file::{Case, Unlike, replay, text};
use super::{
    arithmetic, blocks, conversions, dequantize, limits, packing, parameters, tensors, values,
};

/// A file of cases.
#[derive(Clone, Copy, Debug)]
pub struct Topic {
    /// The name of the file, without `.json`.
    pub name: &'static str,
    /// Its text, with the reference's answers.
    pub text: fn() -> String,
    /// Has a backend answer every case of such a text, and returns how many there are. The error is
    /// the first case that the backend answers otherwise.
    pub replay: fn(&str, Backend) -> Result<usize, Unlike>,
}

fn topic<C: Case>() -> Topic {
    Topic { name: C::TOPIC, text: text::<C>, replay: replay::<C> }
}

/// All files.
pub fn topics() -> Vec<Topic> {
    vec![
        topic::<conversions::Conversion>(),
        topic::<limits::Limits>(),
        topic::<parameters::Parameters>(),
        topic::<values::Values>(),
        topic::<dequantize::Dequantize>(),
        topic::<tensors::Tensor>(),
        topic::<packing::Packed>(),
        topic::<arithmetic::Computed>(),
        topic::<blocks::Block>(),
    ]
}

/// Writes all files into a directory, which is made if it is missing.
///
/// # Errors
///
/// If a file cannot be written.
pub fn write(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    for topic in topics() {
        fs::write(dir.join(topic.name).with_extension("json"), (topic.text)())?;
    }
    Ok(())
}
