//! Records and values of the engine as Python objects, and back.
//!
//! Records go as plain lists, mappings and texts, in their stored form; values of the language as what Python
//! has for them, the rest as the classes of `apolo_flow.values`.

use std::sync::Arc;

use flow_core::value::{Int, Value, ValueMap};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString, PyTuple};
use serde::Serialize;
use serde_json::Value as Json;

/// How deep values may be nested.
const MAX_DEPTH: usize = 100;

/// A record in its stored form.
pub(crate) fn record<'py>(py: Python<'py>, record: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    let json = serde_json::to_value(record).map_err(|error| PyValueError::new_err(error.to_string()))?;
    from_json(py, &json)
}

/// JSON as Python has it; the order of keys is kept.
pub(crate) fn from_json<'py>(py: Python<'py>, json: &Json) -> PyResult<Bound<'py, PyAny>> {
    Ok(match json {
        Json::Null => py.None().into_bound(py),
        Json::Bool(flag) => PyBool::new(py, *flag).to_owned().into_any(),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into_pyobject(py)?.into_any(),
            (None, Some(number)) => number.into_pyobject(py)?.into_any(),
            (None, None) => PyFloat::new(py, number.as_f64().unwrap_or(f64::NAN)).into_any(),
        },
        Json::String(text) => PyString::new(py, text).into_any(),
        Json::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(from_json(py, item)?)?;
            }
            list.into_any()
        }
        Json::Object(entries) => {
            let dict = PyDict::new(py);
            for (name, value) in entries {
                dict.set_item(PyString::intern(py, name), from_json(py, value)?)?;
            }
            dict.into_any()
        }
    })
}

/// Plain Python data as JSON: lists, mappings with texts for keys, texts, numbers, truth, None.
pub(crate) fn to_json(object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Json> {
    too_deep(depth)?;
    if object.is_none() {
        return Ok(Json::Null);
    }
    if let Ok(flag) = object.cast::<PyBool>() {
        return Ok(Json::Bool(flag.is_true()));
    }
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(Json::String(text.to_str()?.to_owned()));
    }
    if object.is_instance_of::<PyInt>() {
        let number: i64 = object.extract()?;
        return Ok(Json::from(number));
    }
    if object.is_instance_of::<PyFloat>() {
        let number: f64 = object.extract()?;
        let json = serde_json::Number::from_f64(number);
        return json.map(Json::Number).ok_or_else(|| PyValueError::new_err(format!("{number} is no plain number")));
    }
    if let Ok(dict) = object.cast::<PyDict>() {
        let entry = |(key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
            let name: String = key.extract().map_err(|_| unfit(&key, "a key: only texts can be one"))?;
            Ok((name, to_json(&value, depth + 1)?))
        };
        return dict.iter().map(entry).collect::<PyResult<serde_json::Map<_, _>>>().map(Json::Object);
    }
    if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() {
        let items = object.try_iter()?.map(|item| to_json(&item?, depth + 1));
        return items.collect::<PyResult<Vec<_>>>().map(Json::Array);
    }
    Err(unfit(object, "plain data: give texts, numbers, lists and mappings"))
}

/// A value of the language as Python has it.
pub(crate) fn from_value<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(flag) => PyBool::new(py, *flag).to_owned().into_any(),
        Value::Int(Int::Small(number)) => number.into_pyobject(py)?.into_any(),
        Value::Int(number @ Int::Big(_)) => big(py, number)?,
        Value::Float(number) => PyFloat::new(py, *number).into_any(),
        Value::Str(text) => PyString::new(py, text).into_any(),
        Value::List(items) => {
            let list = PyList::empty(py);
            for item in items.iter() {
                list.append(from_value(py, item)?)?;
            }
            list.into_any()
        }
        Value::Map(map) => {
            let dict = PyDict::new(py);
            for (key, value) in map.iter() {
                dict.set_item(from_value(py, key)?, from_value(py, value)?)?;
            }
            dict.into_any()
        }
        Value::Set(items) => PyFrozenSet::new(py, items.iter().map(AsRef::as_ref))?.into_any(),
        Value::LocalPath(text) => own(py, "LocalPath", (&**text,))?,
        Value::RemotePath(text) => own(py, "RemotePath", (&**text,))?,
        Value::Uri(text) => own(py, "Uri", (&**text,))?,
        Value::Status(text) => own(py, "Status", (&**text,))?,
        Value::Always => py.import("apolo_flow.values")?.getattr("ALWAYS")?,
        Value::Object(object) => {
            let properties = PyDict::new(py);
            for (name, value) in &object.properties {
                properties.set_item(&**name, from_value(py, value)?)?;
            }
            own(py, "Object", (&*object.type_name, properties))?
        }
    })
}

/// An object of a class of `apolo_flow.values`.
fn own<'py, A: pyo3::call::PyCallArgs<'py>>(py: Python<'py>, class: &str, arguments: A) -> PyResult<Bound<'py, PyAny>> {
    py.import("apolo_flow.values")?.getattr(class)?.call1(arguments)
}

/// An integer beyond 64 bits; by hexadecimal digits, of which Python reads any number.
fn big<'py>(py: Python<'py>, number: &Int) -> PyResult<Bound<'py, PyAny>> {
    let text = format!("{:x}", number.to_big());
    py.get_type::<PyInt>().call1((text, 16))
}

/// What Python gives as a value of the language.
///
/// Errors: `TypeError` for what the language has no value for, `ValueError` for what is nested too deep.
pub(crate) fn to_value(object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    too_deep(depth)?;
    // The plain kinds first: an expression that is evaluated often meets hardly any other.
    if let Ok(text) = object.cast_exact::<PyString>() {
        return Ok(Value::from(text.to_str()?));
    }
    if let Ok(dict) = object.cast::<PyDict>() {
        return dict_value(dict, depth);
    }
    if object.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(flag) = object.cast::<PyBool>() {
        return Ok(Value::from(flag.is_true()));
    }
    if object.is_instance_of::<PyInt>() {
        return int(object);
    }
    if let Ok(number) = object.cast::<PyFloat>() {
        return Ok(Value::from(number.value()));
    }
    if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() {
        let items = object.try_iter()?.map(|item| to_value(&item?, depth + 1));
        return items.collect::<PyResult<Vec<_>>>().map(Value::from);
    }
    if object.is_instance_of::<PySet>() || object.is_instance_of::<PyFrozenSet>() {
        let items = object.try_iter()?.map(|item| item?.extract::<String>());
        return items.collect::<PyResult<Vec<_>>>().map(Value::set);
    }
    special(object, depth)
}

fn dict_value(dict: &Bound<'_, PyDict>, depth: usize) -> PyResult<Value> {
    let mut map = ValueMap::with_capacity(dict.len());
    for (key, value) in dict {
        let name = to_value(&key, depth + 1)?;
        if !name.is_hashable() {
            return Err(unfit(&key, "a key of a mapping"));
        }
        map.insert(name, to_value(&value, depth + 1)?);
    }
    Ok(Value::Map(Arc::new(map)))
}

fn int(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    if let Ok(number) = object.extract::<i64>() {
        return Ok(Value::from(number));
    }
    let text: String = object.str()?.extract()?;
    let number = Int::parse(&text);
    number.map(Value::Int).ok_or_else(|| PyValueError::new_err("an integer of more than 4300 digits"))
}

/// The classes of `apolo_flow.values`, which say their kind; texts of other classes are texts.
fn special(object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    let kind = object.getattr_opt("_flow_kind")?.map(|kind| kind.extract::<String>()).transpose()?;
    let text = || -> PyResult<Arc<str>> { Ok(object.str()?.to_str()?.into()) };
    match kind.as_deref() {
        Some("local_path") => Ok(Value::LocalPath(text()?)),
        Some("remote_path") => Ok(Value::RemotePath(text()?)),
        Some("uri") => Ok(Value::Uri(text()?)),
        Some("status") => Ok(Value::Status(text()?)),
        Some("always") => Ok(Value::Always),
        Some("object") => {
            let name: String = object.getattr("type_name")?.extract()?;
            let properties = object.getattr("properties")?.cast_into::<PyDict>()?;
            let property = |(key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
                Ok((key.extract::<String>()?, to_value(&value, depth + 1)?))
            };
            Ok(Value::object(name, properties.iter().map(property).collect::<PyResult<Vec<_>>>()?))
        }
        _ if object.is_instance_of::<PyString>() => Ok(Value::Str(text()?)),
        _ => Err(unfit(object, "a value of an expression")),
    }
}

fn too_deep(depth: usize) -> PyResult<()> {
    if depth > MAX_DEPTH {
        return Err(PyValueError::new_err(format!("nested deeper than {MAX_DEPTH} levels")));
    }
    Ok(())
}

fn unfit(object: &Bound<'_, PyAny>, what: &str) -> PyErr {
    let name = object.get_type().name().map_or_else(|_| "an object".to_owned(), |name| name.to_string());
    PyTypeError::new_err(format!("a {name} cannot be {what}"))
}
