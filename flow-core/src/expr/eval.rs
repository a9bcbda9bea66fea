//! Evaluation of a tree: a function from names and answers to a value, questions or a fault.

use std::ops::ControlFlow;

use crate::diag::Code;
use crate::expr::ast::{BinaryOp, Bytes, Comprehension, Kind, Node, Step};
use crate::expr::budget::Budget;
use crate::expr::func::{Call, Function};
use crate::expr::trouble::{Halt, Trouble, show};
use crate::expr::{Answers, HostCall, Names, access, ops};
use crate::value::{Value, ValueMap};

/// Why there is no value.
#[derive(Debug)]
pub(crate) enum Stop {
    Ask(Box<HostCall>),
    Fault(Box<Fault>),
}

/// Something wrong with its place in the content.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) trouble: Trouble,
    /// The smallest wrong thing.
    pub(crate) range: Bytes,
    /// Where the part that raised it begins (EXP-71).
    pub(crate) first: u32,
}

type Evaluated = Result<Value, Stop>;

/// Evaluates the expressions of one template.
pub(crate) struct Evaluator<'a> {
    names: &'a dyn Names,
    answers: &'a Answers,
    budget: Budget,
    /// Loop names with their values, the innermost last.
    locals: Vec<(&'a str, Value)>,
    /// The first token of the expression at work.
    first: u32,
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(names: &'a dyn Names, answers: &'a Answers) -> Self {
        Evaluator { names, answers, budget: Budget::new(), locals: Vec::new(), first: 0 }
    }

    /// Evaluates one whole expression.
    pub(crate) fn run(&mut self, node: &'a Node) -> Evaluated {
        self.first = node.first;
        self.eval(node)
    }

    /// Pays for the joined text of a template.
    pub(crate) fn charge(&mut self, bytes: usize, at: &Bytes) -> Result<(), Stop> {
        self.budget.make(bytes).map_err(|trouble| fault(trouble, at, at.start))
    }

    fn eval(&mut self, node: &'a Node) -> Evaluated {
        self.budget.step().map_err(|trouble| self.at_node(trouble, node))?;
        match &node.kind {
            Kind::Literal(value) => Ok(value.clone()),
            Kind::Lookup { name, at, path } => {
                let root = self.lookup(name, at)?;
                self.walk(root, path, at)
            }
            Kind::Call { function, at, args, path } => {
                let result = self.call(function, at, args)?;
                self.walk(result, path, at)
            }
            Kind::Unary(op, operand) => {
                let operand = self.eval(operand)?;
                ops::unary(*op, &operand).map_err(|trouble| self.at_node(trouble, node))
            }
            Kind::Binary(op, operands) => self.binary(node, *op, &operands.0, &operands.1),
            Kind::If(branches) => {
                let chosen = self.eval(&branches.cond)?.is_true();
                self.eval(if chosen { &branches.then } else { &branches.otherwise })
            }
            Kind::List(items) => {
                let items: Vec<Value> = items.iter().map(|item| self.eval(item)).collect::<Result<_, _>>()?;
                self.made(Value::from(items), node)
            }
            Kind::Comprehension(comprehension) => self.comprehension(comprehension, node),
            Kind::Map(entries) => self.map(entries, node),
        }
    }

    fn made(&mut self, value: Value, node: &Node) -> Evaluated {
        self.budget.made(&value).map_err(|trouble| self.at_node(trouble, node))?;
        Ok(value)
    }

    fn at_node(&self, trouble: Trouble, node: &Node) -> Stop {
        fault(trouble, &node.range, self.first)
    }

    fn lookup(&self, name: &str, at: &Bytes) -> Evaluated {
        if let Some((_, value)) = self.locals.iter().rev().find(|(local, _)| *local == name) {
            return Ok(value.clone());
        }
        self.names.get(name).ok_or_else(|| {
            let locals = self.locals.iter().map(|(local, _)| *local);
            fault(Trouble::context(name, locals.chain(self.names.list())), at, self.first)
        })
    }

    fn walk(&mut self, mut value: Value, path: &'a [Step], root: &Bytes) -> Evaluated {
        let mut rest = path;
        while let [step, others @ ..] = rest {
            // Attributes are followed by reference: only what is reached at the end is copied.
            if let Some((reached, steps)) = follow(&value, rest) {
                (value, rest) = (reached.clone(), steps);
                continue;
            }
            rest = others;
            value = match step {
                Step::Attr(name, _) => access::attr(&value, name),
                Step::Item(key, _) => {
                    let key = self.eval(key)?;
                    access::item(&value, &key)
                }
            }
            .map_err(|trouble| fault(trouble, step.range(), root.start))?;
        }
        Ok(value)
    }

    fn binary(&mut self, node: &Node, op: BinaryOp, left: &'a Node, right: &'a Node) -> Evaluated {
        let a = self.eval(left)?;
        let decided = match op {
            BinaryOp::Or => a.is_true(),
            BinaryOp::And => !a.is_true(),
            _ => false,
        };
        if decided {
            return Ok(a);
        }
        let b = self.eval(right)?;
        let operands = [a, b];
        let result = self.budget.look(&operands).and_then(|()| {
            let [a, b] = &operands;
            ops::binary(op, a, b, &mut self.budget)
        });
        result.map_err(|trouble| {
            let [a, b] = &operands;
            let shows_values = trouble.help.is_some() || trouble.code == Code::ExprLimit;
            let trouble = if shows_values { trouble } else { trouble.help(ops::both(a, b)) };
            self.at_node(trouble, node)
        })
    }

    fn call(&mut self, function: &'static Function, at: &Bytes, args: &'a [Node]) -> Evaluated {
        let args: Vec<Value> = args.iter().map(|arg| self.eval(arg)).collect::<Result<_, _>>()?;
        let result = self.budget.look(&args).map_err(Halt::from).and_then(|()| {
            let mut call =
                Call { function, args: &args, names: self.names, answers: self.answers, budget: &mut self.budget };
            (function.run)(&mut call)
        });
        result.map_err(|halt| match halt {
            Halt::Ask(question) => Stop::Ask(Box::new(question)),
            Halt::Trouble(trouble) => {
                let shown: Vec<String> = args.iter().take(4).map(show).collect();
                let trouble = match trouble.help {
                    None if !args.is_empty() => trouble.help(format!("called with {}", shown.join(", "))),
                    _ => trouble,
                };
                fault(trouble, at, at.start)
            }
        })
    }

    fn comprehension(&mut self, comprehension: &'a Comprehension, node: &Node) -> Evaluated {
        let source = self.eval(&comprehension.source)?;
        let mut items = Vec::new();
        let mut stopped = Ok(());
        let walked = for_each(&source, &mut |item| match self.element(comprehension, item) {
            Ok(kept) => {
                items.extend(kept);
                ControlFlow::Continue(())
            }
            Err(stop) => {
                stopped = Err(stop);
                ControlFlow::Break(())
            }
        });
        stopped?;
        if !walked {
            let trouble = Trouble::kind(format!("`for` cannot walk over {}", show(&source)))
                .help("give a list, a mapping, a set or a text");
            return Err(fault(trouble, &comprehension.source.range, self.first));
        }
        self.made(Value::from(items), node)
    }

    /// The element for one item; `None` if the filter drops it.
    fn element(&mut self, comprehension: &'a Comprehension, item: Value) -> Result<Option<Value>, Stop> {
        self.locals.push((&comprehension.var, item));
        let kept = match &comprehension.filter {
            Some(filter) => self.eval(filter).map(|value| value.is_true()),
            None => Ok(true),
        };
        let result = match kept {
            Ok(true) => self.eval(&comprehension.item).map(Some),
            Ok(false) => Ok(None),
            Err(stop) => Err(stop),
        };
        self.locals.pop();
        let element = result?;
        if let Some(value) = &element {
            self.budget.made(value).map_err(|trouble| self.at_node(trouble, &comprehension.item))?;
        }
        Ok(element)
    }

    fn map(&mut self, entries: &'a [(Node, Node)], node: &Node) -> Evaluated {
        let mut map = ValueMap::with_capacity(entries.len());
        for (key_node, value_node) in entries {
            let key = self.eval(key_node)?;
            if !key.is_hashable() {
                let trouble = Trouble::kind(format!("a {} cannot be a key of a mapping", key.type_name()));
                return Err(fault(trouble.help("use a text or a number as key"), &key_node.range, self.first));
            }
            let value = self.eval(value_node)?;
            map.insert(key, value);
        }
        self.made(Value::Map(map.into()), node)
    }
}

/// What the attributes at the front of a path lead to, and the rest of the path.
fn follow<'v, 'p>(value: &'v Value, path: &'p [Step]) -> Option<(&'v Value, &'p [Step])> {
    let [Step::Attr(name, _), rest @ ..] = path else { return None };
    let reached = value.member(name)?;
    Some(follow(reached, rest).unwrap_or((reached, rest)))
}

fn fault(trouble: Trouble, range: &Bytes, first: u32) -> Stop {
    Stop::Fault(Box::new(Fault { trouble, range: range.clone(), first }))
}

/// Walks over the items of a list, the keys of a mapping, the members of a set, the characters of
/// a text (EXP-16); `false` if the value is none of them.
pub(crate) fn for_each(value: &Value, visit: &mut dyn FnMut(Value) -> ControlFlow<()>) -> bool {
    let mut all = |items: &mut dyn Iterator<Item = Value>| {
        let _ = items.map(&mut *visit).find(ControlFlow::is_break);
        true
    };
    match value {
        Value::List(items) => all(&mut items.iter().cloned()),
        Value::Map(map) => all(&mut map.keys().cloned()),
        Value::Set(items) => all(&mut items.iter().cloned().map(Value::Str)),
        Value::Str(text) | Value::Status(text) => all(&mut ops::characters(text).into_iter()),
        _ => false,
    }
}
