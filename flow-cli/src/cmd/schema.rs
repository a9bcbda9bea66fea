//! `schema`: the JSON Schema of the files, for editors. Source: EXT-6.

use flow_core::ide::{Document, schema};

use crate::args::{Schema, SchemaOf};
use crate::error::CliError;
use crate::exit::Exit;
use crate::session::Session;

pub(crate) fn run(session: &mut Session, own: &Schema) -> Result<Exit, CliError> {
    let Some(folder) = own.dir.as_ref().map(|folder| session.io.folder.join(folder)) else {
        session.print_bytes(schema(document(own.of)).as_bytes())?;
        return Ok(Exit::Well);
    };
    let failed = |error| CliError::File { path: folder.display().to_string(), error };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    for (name, of) in [("flow", SchemaOf::Flow), ("action", SchemaOf::Action), ("project", SchemaOf::Project)] {
        let path = folder.join(format!("{name}.schema.json"));
        std::fs::write(&path, schema(document(of))).map_err(failed)?;
        session.print(&path.display().to_string())?;
    }
    Ok(Exit::Well)
}

fn document(of: SchemaOf) -> Document {
    match of {
        SchemaOf::Flow => Document::Flow,
        SchemaOf::Action => Document::Action,
        SchemaOf::Project => Document::Project,
    }
}
