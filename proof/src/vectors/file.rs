//! Writes cases to a file, one a line, and has each of them answered again.

use std::error::Error;
use std::fmt;

use absmax::Backend;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::by::By;

/// The version of the files' format. Files of another version are read in another way.
pub const SCHEMA: u32 = 1;

/// The version of the numerical contract. With another version, the same input has other answers.
pub const NUMERICS: u32 = 1;

/// An input and its answer.
pub(super) trait Case: Serialize + DeserializeOwned + PartialEq {
    /// The name of the file.
    const TOPIC: &'static str;

    /// All cases, with the reference's answers.
    fn all() -> Vec<Self>;

    /// This input with somebody's answer.
    fn answered(&self, by: By) -> Self;
}

#[derive(Deserialize)]
struct File<C> {
    schema: u32,
    numerics: u32,
    topic: String,
    cases: Vec<C>,
}

/// The text of a file.
pub(super) fn text<C: Case>() -> String {
    let cases: Vec<String> = C::all().iter().map(line).collect();
    let (topic, cases) = (C::TOPIC, cases.join(",\n"));
    format!(
        "{{\"schema\":{SCHEMA},\"numerics\":{NUMERICS},\"topic\":\"{topic}\",\"cases\":[\n{cases}\n]}}\n"
    )
}

fn line<C: Serialize>(case: &C) -> String {
    serde_json::to_string(case).unwrap_or_else(|error| error.to_string())
}

/// Has a backend answer every case of a file, and returns how many there are.
pub(super) fn replay<C: Case>(text: &str, backend: Backend) -> Result<usize, Unlike> {
    let refused = |what: String| Unlike { text: format!("{}: {what}", C::TOPIC) };
    let file: File<C> = serde_json::from_str(text).map_err(|error| refused(error.to_string()))?;
    let File { schema, numerics, topic, cases } = file;
    if (schema, numerics, topic.as_str()) != (SCHEMA, NUMERICS, C::TOPIC) {
        return Err(refused(format!("schema {schema}, numerics {numerics}, topic {topic:?}")));
    }
    for case in &cases {
        let found = case.answered(By::Backend(backend));
        if found != *case {
            let (isa, expected, found) = (backend.isa(), line(case), line(&found));
            return Err(refused(format!("{isa}:\nexpected {expected}\nfound    {found}")));
        }
    }
    Ok(cases.len())
}

/// What a file holds and what a backend answers differ, or the file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlike {
    text: String,
}

impl fmt::Display for Unlike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Unlike {}
