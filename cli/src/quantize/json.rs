//! Writes a run as JSON for programs.

use absmax_checkpoint::QuantizeReport;
use serde_json::{Result, Value, json};

use crate::explain::{reason, warning};

/// The report in one line: reasons and warnings are the texts that people read, and the memory of
/// the process stands beside the time that it took.
pub(super) fn json(report: &QuantizeReport, peak_memory: Option<u64>) -> Result<String> {
    let mut value = serde_json::to_value(report)?;
    value["warnings"] = report.warnings.iter().map(warning).collect::<Vec<_>>().into();
    let reasons = report.tensors.iter().map(|tensor| tensor.reason.as_ref().map(reason));
    let tensors = value["tensors"].as_array_mut().into_iter().flatten();
    for (tensor, reason) in tensors.zip(reasons) {
        tensor["reason"] = reason.map_or(Value::Null, Value::from);
    }
    if report.outcome.is_some() {
        value["peak_memory_bytes"] = json!(peak_memory);
    }
    serde_json::to_string(&value)
}
