//! Plans everything that a run will do, from the headers alone.

mod model;
mod rules;
mod schemes;
mod shard;

pub(crate) use model::{Content, Output, Plan};
pub(crate) use rules::Rules;
pub(crate) use shard::{Action, ShardPlan, TensorPlan};
