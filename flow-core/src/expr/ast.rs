//! The tree of one expression. Its text and the evaluation do not belong here.

use std::ops::Range;
use std::sync::Arc;

use crate::expr::func::Function;
use crate::value::Value;

/// A range of bytes in the content of the template that an expression stands in.
pub type Bytes = Range<u32>;

/// One node of an expression with its place.
///
/// Shape: `range` is what the node was written as, without the parentheses around it. Nesting is
/// bounded by [`MAX_DEPTH`](crate::expr::parser::MAX_DEPTH), so recursion over it is safe.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it stands in the content of the template.
    pub range: Bytes,
    /// Where its first token stands that is no opening bracket (EXP-71).
    pub first: u32,
    /// How deep the tree below it is, itself included.
    pub(crate) depth: u32,
}

/// The kinds of nodes. Source: EXP-12.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A constant.
    Literal(Value),
    /// A name with what is looked up in it.
    Lookup {
        /// The root name.
        name: Arc<str>,
        /// The place of the root name.
        at: Bytes,
        /// Attributes and items, from left to right.
        path: Vec<Step>,
    },
    /// A call of a function.
    Call {
        /// The function.
        function: &'static Function,
        /// The place of its name.
        at: Bytes,
        /// As many as the function takes.
        args: Vec<Node>,
        /// Attributes and items of the result.
        path: Vec<Step>,
    },
    /// One operand.
    Unary(UnaryOp, Box<Node>),
    /// Two operands.
    Binary(BinaryOp, Box<(Node, Node)>),
    /// `then if cond else otherwise`.
    If(Box<Branches>),
    /// A list of nodes.
    List(Vec<Node>),
    /// A list made from another one.
    Comprehension(Box<Comprehension>),
    /// Keys with values.
    Map(Vec<(Node, Node)>),
}

/// The three parts of a conditional.
#[derive(Clone, Debug)]
pub struct Branches {
    /// The condition.
    pub cond: Node,
    /// The value if it is true.
    pub then: Node,
    /// The value if it is not.
    pub otherwise: Node,
}

/// `[item for var in source if filter]`.
#[derive(Clone, Debug)]
pub struct Comprehension {
    /// Computed for each item; sees `var`.
    pub item: Node,
    /// The loop name.
    pub var: Arc<str>,
    /// What is walked over; does not see `var`.
    pub source: Node,
    /// Keeps an item if true; sees `var`.
    pub filter: Option<Node>,
}

/// One step of a path behind a name or a call.
#[derive(Clone, Debug)]
pub enum Step {
    /// `.name`.
    Attr(Arc<str>, Bytes),
    /// `[key]`; the range is that of the brackets.
    Item(Node, Bytes),
}

impl Step {
    /// Its place.
    pub fn range(&self) -> &Bytes {
        match self {
            Step::Attr(_, range) | Step::Item(_, range) => range,
        }
    }
}

/// An operator with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `not`
    Not,
}

impl UnaryOp {
    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            UnaryOp::Plus => "+",
            UnaryOp::Minus => "-",
            UnaryOp::Not => "not",
        }
    }
}

/// An operator with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `or`, lazy (DEC-6)
    Or,
    /// `and`, lazy (DEC-6)
    And,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `|`
    BitOr,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
}

impl BinaryOp {
    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Or => "or",
            BinaryOp::And => "and",
            BinaryOp::Equal => "==",
            BinaryOp::Unequal => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::BitOr => "|",
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::Modulo => "%",
        }
    }

    /// How tightly it binds; higher is tighter (EXP-12).
    pub fn level(self) -> Level {
        match self {
            BinaryOp::Or => Level::Or,
            BinaryOp::And => Level::And,
            BinaryOp::Equal
            | BinaryOp::Unequal
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual => Level::Comparison,
            BinaryOp::BitOr => Level::BitOr,
            BinaryOp::Add | BinaryOp::Subtract => Level::Sum,
            BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => Level::Term,
        }
    }
}

/// The levels of binding, loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A whole expression, conditional included.
    Conditional,
    /// `or`
    Or,
    /// `and`
    And,
    /// `not`
    Not,
    /// `==` and its like; does not chain (DEC-8)
    Comparison,
    /// `|`
    BitOr,
    /// `+`, `-`
    Sum,
    /// `*`, `/`, `%`
    Term,
    /// Signs and all that has no operator.
    Factor,
}

impl Level {
    /// The next tighter one.
    pub fn tighter(self) -> Level {
        match self {
            Level::Conditional => Level::Or,
            Level::Or => Level::And,
            Level::And => Level::Not,
            Level::Not => Level::Comparison,
            Level::Comparison => Level::BitOr,
            Level::BitOr => Level::Sum,
            Level::Sum => Level::Term,
            Level::Term | Level::Factor => Level::Factor,
        }
    }
}

impl Node {
    /// Calls `visit` for this node and all below it, in the order of writing, as far as it says so.
    ///
    /// Loop names that are in scope at a node are handed over with it.
    pub fn walk<'a>(&'a self, scope: &mut Vec<&'a str>, visit: &mut dyn FnMut(&'a Node, &[&'a str])) {
        visit(self, scope);
        match &self.kind {
            Kind::Literal(_) => {}
            Kind::Lookup { path, .. } => walk_path(path, scope, visit),
            Kind::Call { args, path, .. } => {
                for arg in args {
                    arg.walk(scope, visit);
                }
                walk_path(path, scope, visit);
            }
            Kind::Unary(_, operand) => operand.walk(scope, visit),
            Kind::Binary(_, operands) => {
                operands.0.walk(scope, visit);
                operands.1.walk(scope, visit);
            }
            Kind::If(branches) => {
                for node in [&branches.then, &branches.cond, &branches.otherwise] {
                    node.walk(scope, visit);
                }
            }
            Kind::List(items) => {
                for item in items {
                    item.walk(scope, visit);
                }
            }
            Kind::Comprehension(comprehension) => {
                scope.push(&comprehension.var);
                comprehension.item.walk(scope, visit);
                comprehension.filter.iter().for_each(|filter| filter.walk(scope, visit));
                scope.pop();
                comprehension.source.walk(scope, visit);
            }
            Kind::Map(entries) => {
                for (key, value) in entries {
                    key.walk(scope, visit);
                    value.walk(scope, visit);
                }
            }
        }
    }
}

fn walk_path<'a>(path: &'a [Step], scope: &mut Vec<&'a str>, visit: &mut dyn FnMut(&'a Node, &[&'a str])) {
    for step in path {
        if let Step::Item(key, _) = step {
            key.walk(scope, visit);
        }
    }
}
