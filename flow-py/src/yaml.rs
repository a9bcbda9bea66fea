//! Plain data as YAML, and back by the rules of flow files.

use flow_core::text::SourceMap;
use flow_core::yaml::{Node, NodeKind, read};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::convert::{from_value, to_json};
use crate::error::config_error;

/// Plain data as YAML text, which flow files read back as the same data.
#[pyfunction]
pub(crate) fn to_yaml(data: &Bound<'_, PyAny>) -> PyResult<String> {
    let json = to_json(data, 0)?;
    serde_yaml::to_string(&json).map_err(|error| PyValueError::new_err(format!("no YAML can be written: {error}")))
}

/// YAML text as plain data, its scalars typed as in flow files.
#[pyfunction]
pub(crate) fn from_yaml<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    let mut sources = SourceMap::new();
    let file = sources.add("text", text);
    let (document, found) = read(file, text);
    if found.has_errors() {
        return Err(config_error(py, &found, &sources));
    }
    document.root.map_or_else(|| Ok(py.None().into_bound(py)), |root| node(py, &root))
}

fn node<'py>(py: Python<'py>, tree: &Node) -> PyResult<Bound<'py, PyAny>> {
    match &tree.kind {
        NodeKind::Scalar(scalar) => from_value(py, &scalar.value),
        NodeKind::Seq(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(node(py, item)?)?;
            }
            Ok(list.into_any())
        }
        NodeKind::Map(entries) => {
            let dict = PyDict::new(py);
            for (key, value) in entries {
                dict.set_item(node(py, key)?, node(py, value)?)?;
            }
            Ok(dict.into_any())
        }
    }
}
