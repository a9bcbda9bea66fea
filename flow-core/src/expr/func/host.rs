//! Functions whose answer lies outside of the core: they ask the host and read its answers.

use crate::diag::Code;
use crate::expr::func::Call;
use crate::expr::trouble::{Halt, Trouble};
use crate::expr::{HostCall, uri};
use crate::value::Value;

/// All of them.
pub const HOST_FUNCTIONS: &[&str] = &["hash_files", "hash_files_relative", "upload", "parse_volume", "inspect_job"];

/// `hash_files(pattern, …)` over the workspace (EXP-50).
pub(super) fn hash_files(call: &mut Call<'_>) -> Result<Value, Halt> {
    let flow = call.context("flow")?;
    let Some(Value::LocalPath(root)) = flow.member("workspace") else {
        return Err(Trouble::new(Code::UnknownProperty, "`hash_files` needs `flow.workspace`").into());
    };
    hash(call, root, 0)
}

/// `hash_files_relative(root, pattern, …)`.
pub(super) fn hash_files_relative(call: &mut Call<'_>) -> Result<Value, Halt> {
    match call.arg(0) {
        Value::LocalPath(root) => hash(call, root, 1),
        value => {
            let trouble = call.wrong(0, "a local path", value);
            Err(trouble.help("make one from a path, as in `flow.workspace / 'sub'`").into())
        }
    }
}

fn hash(call: &Call<'_>, root: &str, from: usize) -> Result<Value, Halt> {
    let mut patterns = Vec::new();
    for at in from..call.args.len() {
        let pattern = call.text(at)?;
        if pattern.is_empty() || pattern.starts_with('/') {
            let message = format!("`{pattern}` is no pattern below a folder");
            return Err(Trouble::value(message).help("give a relative pattern such as `src/**/*.py`").into());
        }
        patterns.push(pattern.to_owned());
    }
    let question = HostCall::HashFiles { root: root.to_owned(), patterns };
    call.answer(question, || Trouble::value("the files cannot be read"))
}

/// `upload(volume)`: gives the volume once it is there.
pub(super) fn upload(call: &mut Call<'_>) -> Result<Value, Halt> {
    let volume = call.arg(0);
    let part =
        |name: &str| volume.member(name).filter(|part| **part != Value::Null).map(|part| part.text().to_string());
    if !matches!(volume, Value::Object(_)) || volume.member("remote").is_none() {
        return Err(call.wrong(0, "a volume", volume).into());
    }
    let (Some(local), Some(remote)) = (part("full_local_path").or_else(|| part("local")), part("remote")) else {
        let help = "add `local: …` to the volume";
        return Err(Trouble::value("the volume for `upload` has no `local` part").help(help).into());
    };
    call.answer(HostCall::Upload { local, remote }, || Trouble::value("the volume cannot be uploaded"))?;
    Ok(volume.clone())
}

/// `parse_volume(text)`.
pub(super) fn parse_volume(call: &mut Call<'_>) -> Result<Value, Halt> {
    let text = call.text(0)?;
    uri::split_volume(text).map_err(|misfit| Trouble { help: misfit.help, ..Trouble::value(misfit.message) })?;
    let question = HostCall::ParseVolume { text: text.to_owned() };
    call.answer(question, || Trouble::value(format!("`{text}` describes no volume")))
}

/// `inspect_job(name[, suffix])`.
pub(super) fn inspect_job(call: &mut Call<'_>) -> Result<Value, Halt> {
    if !call.names.allows(call.function.name) {
        let message = "`inspect_job` is only available inside of a live job";
        return Err(Trouble::new(Code::UnknownContext, message).help("use it in the attributes of a live job").into());
    }
    let name = call.text(0)?.to_owned();
    let suffix = match call.args.get(1) {
        None | Some(Value::Null) => None,
        Some(_) => Some(call.text(1)?.to_owned()),
    };
    let shown = suffix.as_ref().map_or_else(|| name.clone(), |suffix| format!("{name} {suffix}"));
    call.answer(HostCall::InspectJob { name, suffix }, || {
        Trouble::value(format!("no running job `{shown}`")).help("start it first")
    })
}
