//! Plans everything that a run will do, from the headers alone.

mod checks;
mod model;
mod modules;
mod rules;
mod schemes;
mod shard;

pub(crate) use model::{Content, Output, Plan, Wanted};
pub(crate) use rules::Rules;
pub(crate) use shard::{Action, ShardPlan, TensorPlan};
