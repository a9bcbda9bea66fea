//! [`templates`]: every expression of a flow with the place where it stands.

use crate::ast::{Cache, Command, Entries, Field, Items, Strategy};
use crate::expr::Template;
use crate::resolve::{MergedDefaults, ResolvedFlow, TaskDefinition, UnitDefinition};
use crate::scope::Place;

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
}

/// Every expression of the flow: first those of the flow itself, then task by task.
pub(crate) fn templates(flow: &ResolvedFlow) -> Vec<Found<'_>> {
    let mut walk = Walk { found: Vec::new(), entry: None };
    walk.field(Place::Param, &flow.life_span);
    for param in flow.params.values() {
        walk.field(Place::Param, &param.default);
    }
    walk.defaults(&flow.defaults);
    for (task, entry) in flow.tasks.iter().zip(0_u32..) {
        walk.entry = Some(entry);
        walk.task(task);
    }
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

    fn defaults(&mut self, defaults: &'a MergedDefaults) {
        let place = Place::Defaults;
        defaults.env.iter().for_each(|layer| self.entries(place, layer));
        defaults.tags.iter().chain(&defaults.volumes).for_each(|layer| self.items(place, layer));
        self.field(place, &defaults.workdir);
        self.field(place, &defaults.life_span);
        self.field(place, &defaults.preset);
        self.field(place, &defaults.schedule_timeout);
        self.field(Place::LateDefaults, &defaults.fail_fast);
        self.field(Place::LateDefaults, &defaults.max_parallel);
        defaults.caches.iter().for_each(|cache| self.cache(Place::LateDefaults, cache));
    }

    fn task(&mut self, task: &'a TaskDefinition) {
        self.field(Place::Id, &task.id);
        for need in task.needs.iter().flat_map(|list| &list.value) {
            self.field(Place::Id, &need.id);
        }
        task.strategy.iter().for_each(|strategy| self.strategy(strategy));
        self.field(Place::Task, &task.enable);
        task.cache.iter().for_each(|cache| self.cache(Place::Cache, cache));
        self.unit(&task.unit);
    }

    fn strategy(&mut self, strategy: &'a Strategy) {
        let place = Place::Strategy;
        strategy.matrix.variables.values().for_each(|(_, items)| self.items(place, items));
        let rows = strategy.matrix.exclude.iter().chain(&strategy.matrix.include);
        rows.flat_map(|row| row.value.values()).for_each(|(_, field)| self.field(place, field));
        self.field(place, &strategy.fail_fast);
        self.field(place, &strategy.max_parallel);
    }

    fn unit(&mut self, unit: &'a UnitDefinition) {
        let place = Place::Task;
        let texts =
            [&unit.title, &unit.name, &unit.image, &unit.preset, &unit.entrypoint, &unit.workdir, &unit.restart];
        for field in texts {
            self.field(place, field);
        }
        unit.command.iter().for_each(|command| self.command(command));
        self.entries(place, &unit.env);
        self.items(place, &unit.volumes);
        self.items(place, &unit.tags);
        self.field(place, &unit.life_span);
        self.field(place, &unit.schedule_timeout);
        self.field(place, &unit.http_port);
        self.field(place, &unit.http_auth);
        self.field(place, &unit.pass_config);
    }

    fn command(&mut self, command: &'a Command) {
        match &command.text {
            Field::Absent | Field::Null(_) => {}
            Field::Literal(literal) => self.template(Place::Task, &literal.value),
            Field::Expr(template) => self.template(Place::Task, template),
        }
    }
}
