//! [`templates`]: every expression of a flow with the place where it stands.

use crate::ast::{Cache, Command, Declared, Entries, Field, Image, Items, Param, Retry, Strategy};
use crate::expr::Template;
use crate::resolve::{
    ActionDefinition, CallDefinition, CalledBody, CalledTasks, JobDefinition, JobUnitDefinition, JobWork,
    MergedDefaults, ResolvedFlow, Shared, TaskDefinition, UnitDefinition, Work,
};
use crate::scope::{GraphKind, Place};

/// A template with its place, and the entry of `tasks` that it belongs to.
pub(crate) struct Found<'a> {
    pub(crate) template: &'a Template,
    pub(crate) place: Place,
    pub(crate) entry: Option<u32>,
}

/// Collects templates that belong together.
struct Walk<'a> {
    found: Vec<Found<'a>>,
    entry: Option<u32>,
    /// Where units and arguments stand.
    place: Place,
}

/// Every expression of the flow itself, without those of its tasks.
pub(crate) fn of_flow(flow: &ResolvedFlow) -> Vec<Found<'_>> {
    let mut walk = Walk { found: Vec::new(), entry: None, place: Place::Defaults };
    walk.field(Place::Param, &flow.life_span);
    walk.params(Place::Param, &flow.params);
    walk.shared(Place::Defaults, Some(Place::LateDefaults), &flow.shared);
    walk.found
}

/// Every expression of a live flow, without those of its jobs. Settings of batches have no effect there.
pub(crate) fn of_live(shared: &Shared) -> Vec<Found<'_>> {
    let mut walk = Walk { found: Vec::new(), entry: None, place: Place::LiveDefaults };
    walk.shared(Place::LiveDefaults, None, shared);
    walk.found
}

/// Every expression of the tasks of a graph, task by task.
pub(crate) fn of_tasks(tasks: &[TaskDefinition], kind: GraphKind) -> Vec<Found<'_>> {
    let mut walk = Walk { found: Vec::new(), entry: None, place: Place::Task(kind) };
    for (task, entry) in tasks.iter().zip(0_u32..) {
        walk.entry = Some(entry);
        walk.task(task, kind);
    }
    walk.found
}

/// Every expression of a batch action or module, without those of its tasks.
pub(crate) fn of_called<'a>(action: &'a ActionDefinition, body: &'a CalledTasks, kind: GraphKind) -> Vec<Found<'a>> {
    let mut walk = Walk { found: Vec::new(), entry: None, place: Place::Called(kind) };
    for image in body.images.values() {
        walk.image(Place::EarlyImages(kind), Place::Called(kind), image);
    }
    body.cache.iter().for_each(|cache| walk.cache(Place::Called(kind), cache));
    for output in action.outputs.values() {
        walk.field(Place::Output(kind), &output.value);
    }
    walk.found
}

/// Every expression of what sees its inputs only: a local action, and `main` of a stateful one.
pub(crate) fn of_inputs_only(action: &ActionDefinition) -> Vec<Found<'_>> {
    let mut walk = Walk { found: Vec::new(), entry: None, place: Place::InputsOnly };
    match &action.body {
        CalledBody::Stateful(stateful) => walk.unit(&stateful.main.value),
        CalledBody::Local(command) => walk.command(command),
        CalledBody::Live(_) | CalledBody::Tasks(_) => {}
    }
    walk.found
}

/// Every expression of the params and of the call of a live job.
pub(crate) fn of_job(job: &JobDefinition) -> Vec<Found<'_>> {
    let mut walk = Walk { found: Vec::new(), entry: None, place: Place::Job };
    walk.params(Place::LiveParam, &job.params);
    if let Some(JobWork::Call(call)) = &job.work {
        walk.args(call);
    }
    walk.found
}

/// Every expression of the unit of a live job.
pub(crate) fn of_job_unit(unit: &JobUnitDefinition, place: Place) -> Vec<Found<'_>> {
    let mut walk = Walk { found: Vec::new(), entry: None, place };
    walk.unit(&unit.unit);
    walk.field(place, &unit.detach);
    walk.field(place, &unit.browse);
    unit.port_forward.iter().for_each(|layer| walk.items(place, layer));
    walk.found
}

impl<'a> Walk<'a> {
    fn template(&mut self, place: Place, template: &'a Template) {
        if template.constant().is_none() {
            self.found.push(Found { template, place, entry: self.entry });
        }
    }

    fn field<T>(&mut self, place: Place, field: &'a Field<T>) {
        if let Field::Expr(template) = field {
            self.template(place, template);
        }
    }

    fn items<T>(&mut self, place: Place, items: &'a Items<T>) {
        match items {
            Items::Absent | Items::Null(_) => {}
            Items::Written(written) => written.value.iter().for_each(|item| self.field(place, item)),
            Items::Expr(template) => self.template(place, template),
        }
    }

    fn entries<T>(&mut self, place: Place, entries: &'a Entries<T>) {
        match entries {
            Entries::Absent => {}
            Entries::Written(written) => written.value.values().for_each(|(_, field)| self.field(place, field)),
            Entries::Expr(template) => self.template(place, template),
        }
    }

    fn cache(&mut self, place: Place, cache: &'a Cache) {
        self.field(place, &cache.life_span);
    }

    fn params(&mut self, place: Place, params: &'a Declared<Param>) {
        params.values().for_each(|param| self.field(place, &param.default));
    }

    fn shared(&mut self, place: Place, late: Option<Place>, shared: &'a Shared) {
        self.defaults(place, late, &shared.defaults);
        for volume in shared.volumes.values() {
            for field in [&volume.remote, &volume.mount, &volume.local] {
                self.field(place, field);
            }
            self.field(place, &volume.read_only);
        }
        shared.images.values().for_each(|image| self.image(place, place, image));
    }

    fn image(&mut self, early: Place, late: Place, image: &'a Image) {
        self.field(early, &image.reference);
        let texts = [&image.context, &image.dockerfile, &image.build_preset, &image.extra_kaniko_args];
        for field in texts {
            self.field(late, field);
        }
        self.items(late, &image.build_args);
        self.entries(late, &image.env);
        self.items(late, &image.volumes);
        self.field(late, &image.force_rebuild);
    }

    fn defaults(&mut self, place: Place, late: Option<Place>, defaults: &'a MergedDefaults) {
        defaults.env.iter().for_each(|layer| self.entries(place, layer));
        defaults.tags.iter().chain(&defaults.volumes).for_each(|layer| self.items(place, layer));
        self.field(place, &defaults.workdir);
        self.field(place, &defaults.life_span);
        self.field(place, &defaults.preset);
        self.field(place, &defaults.schedule_timeout);
        let Some(late) = late else { return };
        self.field(late, &defaults.fail_fast);
        self.field(late, &defaults.max_parallel);
        defaults.caches.iter().for_each(|cache| self.cache(late, cache));
        defaults.retry.iter().for_each(|retry| self.retry(late, retry));
    }

    fn retry(&mut self, place: Place, retry: &'a Retry) {
        self.field(place, &retry.attempts);
        self.field(place, &retry.delay);
        self.field(place, &retry.backoff);
    }

    fn task(&mut self, task: &'a TaskDefinition, kind: GraphKind) {
        self.field(self.place, &task.enable);
        match &task.work {
            // The strategy of a post task is that of the entry which it ends.
            Work::Post { unit, .. } => return self.unit(unit),
            Work::Unit(unit) => self.unit(unit),
            Work::Tasks(call) | Work::Main(call) | Work::Local(call) => self.args(call),
        }
        self.field(Place::Id, &task.id);
        for need in task.needs.iter().flat_map(|list| &list.value) {
            self.field(Place::Id, &need.id);
        }
        task.strategy.iter().for_each(|strategy| self.strategy(kind, strategy));
        task.cache.iter().for_each(|cache| self.cache(Place::Cache(kind), cache));
        task.retry.iter().for_each(|retry| self.retry(Place::Cache(kind), retry));
    }

    fn args(&mut self, call: &'a CallDefinition) {
        let args = call.args.iter().flat_map(|args| args.value.values());
        args.for_each(|(_, field)| self.field(self.place, field));
    }

    fn strategy(&mut self, kind: GraphKind, strategy: &'a Strategy) {
        let place = Place::Matrix(kind);
        strategy.matrix.variables.values().for_each(|(_, items)| self.items(place, items));
        let rows = strategy.matrix.exclude.iter().chain(&strategy.matrix.include);
        rows.flat_map(|row| row.value.values()).for_each(|(_, field)| self.field(place, field));
        let place = Place::Strategy(kind);
        self.field(place, &strategy.fail_fast);
        self.field(place, &strategy.max_parallel);
    }

    fn unit(&mut self, unit: &'a UnitDefinition) {
        let place = self.place;
        let texts =
            [&unit.title, &unit.name, &unit.image, &unit.preset, &unit.entrypoint, &unit.workdir, &unit.restart];
        for field in texts {
            self.field(place, field);
        }
        unit.command.iter().for_each(|command| self.command(command));
        unit.env.iter().for_each(|layer| self.entries(place, layer));
        unit.volumes.iter().chain(&unit.tags).for_each(|layer| self.items(place, layer));
        self.field(place, &unit.life_span);
        self.field(place, &unit.schedule_timeout);
        self.field(place, &unit.http_port);
        self.field(place, &unit.http_auth);
        self.field(place, &unit.pass_config);
    }

    fn command(&mut self, command: &'a Command) {
        match &command.text {
            Field::Absent | Field::Null(_) => {}
            Field::Literal(literal) => self.template(self.place, &literal.value),
            Field::Expr(template) => self.template(self.place, template),
        }
    }
}
