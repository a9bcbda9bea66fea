//! `upload`, `download`, `clean`, `mkvolumes`: volumes between the workspace and the storage. Source: LIV-40, LIV-41.

use std::time::Duration;

use flow_engine::storage::{CopyProgress, CopyReport, StorageError};
use flow_engine::{Direction, EngineError, FlowVolume, VolumeChoice};

use crate::args::{Clean, Download, Mkvolumes, OfFlow, Upload, Volumes};
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::json::{self, VolumeView, VolumesView};
use crate::report::progress::Screen;
use crate::report::{clean as cleaned, transfer};
use crate::session::Session;

/// The word for all volumes.
const ALL: &str = "ALL";
/// How long a picture of progress stands.
const REDRAW: Duration = Duration::from_millis(100);

pub(crate) async fn upload(session: &mut Session, own: Upload) -> Result<Exit, CliError> {
    copy(session, own.volumes, Direction::Upload).await
}

pub(crate) async fn download(session: &mut Session, own: Download) -> Result<Exit, CliError> {
    copy(session, own.volumes, Direction::Download).await
}

async fn copy(session: &mut Session, own: Volumes, direction: Direction) -> Result<Exit, CliError> {
    let volumes = chosen(session, &own.of, choice(own.volume)).await?;
    let mut views = Vec::new();
    for volume in volumes {
        let view = if own.of.dry_run {
            let surveyed = blocking({
                let volume = volume.clone();
                move || volume.survey(direction)
            });
            VolumeView::surveyed(&volume, &surveyed.await?)
        } else {
            VolumeView::copied(&volume, &transferred(session, &volume, direction, own.of.json).await?)
        };
        views.push(view);
        tell(session, &own.of, &mut views, |view| transfer::told(view, direction))?;
    }
    finish(session, &own.of, views)
}

/// Copies one volume and shows how far it is.
async fn transferred(
    session: &mut Session,
    volume: &FlowVolume,
    direction: Direction,
    quiet: bool,
) -> Result<CopyReport, CliError> {
    let (sender, mut progress) = tokio::sync::watch::channel(CopyProgress::default());
    let own = volume.clone();
    let work = blocking(move || {
        own.copy(direction, &|now| {
            // Nobody has to look.
            let _ = sender.send(now);
        })
    });
    tokio::pin!(work);
    let (mut screen, mut redraw) = (Screen::default(), tokio::time::interval(REDRAW));
    let shown = session.io.err.is_terminal() && !session.err_look.dumb && session.verbosity >= 0 && !quiet;
    let copied = loop {
        tokio::select! {
            copied = &mut work => break copied,
            _ = redraw.tick(), if shown => {
                let now = *progress.borrow_and_update();
                let line = transfer::bar(&volume.id, now, session.err_look, session.err_width());
                screen.draw(&mut session.io.err, vec![line]);
            }
        }
    };
    screen.clear(&mut session.io.err);
    copied
}

pub(crate) async fn clean(session: &mut Session, own: Clean) -> Result<Exit, CliError> {
    let of = own.volumes.of;
    let volumes = chosen(session, &of, choice(own.volumes.volume)).await?;
    if !of.dry_run && !own.yes && !volumes.is_empty() && !agreed(session, &volumes)? {
        session.note("nothing was removed");
        return Ok(Exit::Failed);
    }
    let mut views = Vec::new();
    for volume in volumes {
        let (own, dry) = (volume.clone(), of.dry_run);
        let removed = blocking(move || if dry { Ok(own.place()?.exists()) } else { own.clean() }).await?;
        views.push(VolumeView { removed: Some(removed), ..VolumeView::of(&volume) });
        tell(session, &of, &mut views, |view| transfer::removed(view, dry))?;
    }
    finish(session, &of, views)
}

pub(crate) async fn mkvolumes(session: &mut Session, own: Mkvolumes) -> Result<Exit, CliError> {
    let mut views = Vec::new();
    for volume in chosen(session, &own.of, VolumeChoice::All).await? {
        let (one, dry) = (volume.clone(), own.of.dry_run);
        let place = blocking(move || if dry { one.place() } else { one.make() }).await?;
        views.push(VolumeView { folder: Some(place.display().to_string()), ..VolumeView::of(&volume) });
        tell(session, &own.of, &mut views, |view| format!("Create volume {}", view.volume))?;
    }
    finish(session, &own.of, views)
}

fn choice(volume: String) -> VolumeChoice {
    if volume == ALL { VolumeChoice::All } else { VolumeChoice::One(volume) }
}

async fn chosen(session: &mut Session, of: &OfFlow, choice: VolumeChoice) -> Result<Vec<FlowVolume>, CliError> {
    let source = session.source()?;
    let volumes = session.checker()?.volumes(&source, &of.flow, &choice).await?;
    if volumes.is_empty() {
        session.note(&format!("no volume of `{}` has a `local` part", of.flow));
    }
    Ok(volumes)
}

/// Asks before something is removed. Errors: `NotAsked` where nobody can be asked.
fn agreed(session: &mut Session, volumes: &[FlowVolume]) -> Result<bool, CliError> {
    if !session.can_ask() {
        return Err(CliError::NotAsked { what: "to remove volumes", help: "say it by `--yes`".to_owned() });
    }
    for volume in volumes {
        session.say(&cleaned::line(&format!("all of `{}` would be removed from {}", volume.id, volume.remote)));
    }
    session.ask("remove it for good? [y/N] ")
}

/// Runs what blocks beside the runtime.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, CliError> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|error| CliError::Output { what: "a copy", error: std::io::Error::other(error) })?;
    Ok(done.map_err(EngineError::from)?)
}

/// Says to people what came of the last volume, as soon as it is known.
fn tell(
    session: &mut Session,
    of: &OfFlow,
    views: &mut [VolumeView],
    words: impl FnOnce(&VolumeView) -> String,
) -> Result<(), CliError> {
    let Some(last) = views.last_mut() else { return Ok(()) };
    if !of.json {
        let text = words(last);
        for line in text.lines() {
            session.print(&cleaned::line(line))?;
        }
    }
    Ok(())
}

fn finish(session: &mut Session, of: &OfFlow, volumes: Vec<VolumeView>) -> Result<Exit, CliError> {
    if of.json {
        session.print(&json::text(&VolumesView { version: json::VERSION, dry_run: of.dry_run, volumes }))?;
    }
    Ok(Exit::Well)
}
