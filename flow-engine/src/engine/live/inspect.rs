//! What `inspect_job()` answers: the newest job of a name that has not ended. Source: EXP-50, LIV-10.

use flow_core::expr::HostCall;
use flow_core::model::ProjectId;
use flow_core::port::LiveFilter;
use flow_core::scope::tag_form;
use flow_core::value::Value;

use crate::EngineError;
use crate::driver::answer;
use crate::engine::Engine;
use crate::engine::live::LiveFound;
use crate::engine::live::find::UNFINISHED;

impl Engine {
    /// Answers a question of a job that is about to be started; what it says is a fragment for people.
    ///
    /// Jobs are found by their tags, as those of the platform are: within the project and the flow.
    pub(super) async fn answer_job(
        &self,
        call: HostCall,
        (project, flow): (&ProjectId, &str),
    ) -> Result<Result<Value, String>, EngineError> {
        let HostCall::InspectJob { name, suffix } = call else {
            return Ok(answer(call, &self.inner.volumes()).await);
        };
        let multi = suffix.map(|suffix| format!("multi:{suffix}"));
        let filter = LiveFilter {
            project: Some(project.clone()),
            flow: Some(flow.to_owned()),
            tags: [format!("job:{}", tag_form(&name))].into_iter().chain(multi).collect(),
            statuses: UNFINISHED.to_vec(),
            limit: 1,
            ..LiveFilter::default()
        };
        let found = self.live_jobs(&filter).await?.pop();
        Ok(Ok(found.map_or(Value::Null, |found| self.description(&found))))
    }

    /// What an expression may see of a job.
    fn description(&self, found: &LiveFound) -> Value {
        let (job, order) = (found.job(), &found.job().order);
        let text = |text: Option<&str>| text.map_or(Value::Null, Value::from);
        // Where no machine of its own runs it, it is reached where we are.
        let host = self.inner.executor.shares_host().then_some("localhost");
        let tags: Vec<Value> = order.tags.iter().map(|tag| Value::from(tag.as_str())).collect();
        let fields = [
            ("id", Value::from(job.id.as_str())),
            ("name", Value::from(order.name.as_str())),
            ("status", Value::from(job.status.word())),
            ("description", Value::from(order.title.as_str())),
            ("tags", Value::from(tags)),
            ("owner", Value::from(order.by.as_str())),
            ("preset_name", text(order.preset.as_deref())),
            ("http_url", text(order.url.as_deref())),
            ("http_port", order.http_port.map_or(Value::Null, Value::from)),
            ("internal_hostname", text(host)),
            ("restart_policy", Value::from(order.restart.word())),
            ("life_span", order.life_span_seconds.map_or(Value::Null, Value::from)),
        ];
        Value::object("job", fields)
    }
}
