//! `doctor`: what this machine can do, and how to mend what it cannot.

use flow_core::model::TaskStatus;
use flow_core::port::BakeFilter;
use flow_engine::Standing;
use flow_engine::doctor::{self, Finding, Health};

use crate::args::Doctor;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::clean;
use crate::report::json::{self, DoctorView};
use crate::session::Session;

/// How many bakes are looked through for some that nobody drives.
const BAKES: u32 = 200;

pub(crate) async fn run(session: &mut Session, own: &Doctor) -> Result<Exit, CliError> {
    let start = session.start().to_path_buf();
    let mut findings = doctor::examine(&start, &|name| session.io.variable(name)).await;
    findings.extend(stalled(session).await);
    let ok = doctor::can_run(&findings);
    if own.json {
        let view = DoctorView { version: json::VERSION, program: env!("CARGO_PKG_VERSION"), ok, findings: &findings };
        session.print(&json::text(&view))?;
    } else {
        session.print(&format!("apolo-flow {}", env!("CARGO_PKG_VERSION")))?;
        for finding in &findings {
            tell(session, finding)?;
        }
        let said = if ok { "flows can be run here" } else { "no flow can be run until the problems are mended" };
        session.note(&format!("\n{said}"));
    }
    Ok(if ok { Exit::Well } else { Exit::Failed })
}

/// Bakes whose engine is gone. Told only where the store can be read; it has a finding of its own.
async fn stalled(session: &Session) -> Option<Finding> {
    let engine = session.engine_to_read().ok()?;
    let rows = engine.bakes(&BakeFilter { limit: BAKES, ..BakeFilter::default() }).await.ok()?;
    let stalled = rows.iter().filter(|(_, standing)| *standing == Standing::Stalled);
    let ids: Vec<String> = stalled.map(|(row, _)| row.bake.id.to_string()).collect();
    let (first, subject) = (ids.first()?, "engines");
    Some(Finding {
        subject,
        health: Health::Note,
        found: format!("gone from bakes that have not ended: {}", ids.join(", ")),
        mend: Some(format!("go on with one: `apolo-flow resume {first}`; or end it: `apolo-flow cancel {first}`")),
    })
}

fn tell(session: &mut Session, finding: &Finding) -> Result<(), CliError> {
    let look = session.out_look;
    let word = match finding.health {
        Health::Ok => look.status(TaskStatus::Succeeded.word(), "ok     "),
        Health::Note => look.accent("note   "),
        Health::Problem => look.bad("problem"),
    };
    session.print(&format!("{word}  {:<15} {}", finding.subject, clean::line(&finding.found)))?;
    match &finding.mend {
        Some(mend) => session.print(&format!("{:25}{} {}", "", look.accent("mend:"), clean::line(mend))),
        None => Ok(()),
    }
}
