//! Tokens to trees: a hand-written parser by binding levels (EXP-12).
//!
//! One template is parsed in one go. A syntax error ends it, since what follows cannot be trusted;
//! unknown functions and wrong numbers of arguments are collected (EXP-17).

use std::ops::Range;
use std::sync::Arc;

use crate::diag::Code;
use crate::expr::ast::{BinaryOp, Branches, Bytes, Comprehension, Kind, Level, Node, Step, UnaryOp};
use crate::expr::func::{self, Function};
use crate::expr::lexer::{Token, TokenKind};
use crate::expr::literal;
use crate::value::Value;

/// How deep a tree may be: keeps recursion over it within any stack.
pub const MAX_DEPTH: u32 = 200;

/// One piece of a parsed template.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Text(Bytes),
    Expr(Node),
}

/// Something wrong, with its place in the content.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) range: Bytes,
    pub(crate) help: Option<String>,
}

/// Parses all tokens of `source`.
pub(crate) fn parse(source: &str, tokens: &[Token]) -> Result<Vec<Piece>, Vec<Problem>> {
    let mut parser = Parser { source, tokens, at: 0, depth: 0, problems: Vec::new() };
    match parser.template() {
        Ok(pieces) if parser.problems.is_empty() => Ok(pieces),
        Ok(_) => Err(parser.problems),
        Err(last) => {
            parser.problems.push(last);
            Err(parser.problems)
        }
    }
}

type Parsed<T> = Result<T, Problem>;

struct Parser<'a> {
    source: &'a str,
    tokens: &'a [Token],
    at: usize,
    depth: u32,
    problems: Vec<Problem>,
}

const END: Token = Token { kind: TokenKind::End, range: 0..0 };

impl<'a> Parser<'a> {
    fn peek(&self) -> &'a Token {
        self.tokens.get(self.at).or(self.tokens.last()).unwrap_or(&END)
    }

    fn text(&self, token: &Token) -> &'a str {
        self.source.get(token.range.start as usize..token.range.end as usize).unwrap_or("")
    }

    fn peek_text(&self) -> &'a str {
        self.text(self.peek())
    }

    fn next(&mut self) -> &'a Token {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn previous_end(&self) -> u32 {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |token| token.range.end)
    }

    fn is_punctuation(&self, text: &str) -> bool {
        self.peek().kind == TokenKind::Punctuation && self.peek_text() == text
    }

    fn is_word(&self, word: &str) -> bool {
        self.peek().kind == TokenKind::Name && self.peek_text() == word
    }

    fn skip(&mut self, text: &str) -> bool {
        let found = self.is_punctuation(text);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, text: &str) -> Parsed<()> {
        if self.skip(text) { Ok(()) } else { Err(self.unexpected(&format!("`{text}`"))) }
    }

    fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if self.is_word(word) {
            self.at += 1;
            return Ok(());
        }
        Err(self.unexpected(&format!("`{word}`")))
    }

    fn unexpected(&self, wanted: &str) -> Problem {
        let token = self.peek();
        let help = Some(format!("{wanted} is expected here"));
        let (message, range) = if token.kind == TokenKind::End {
            let open = self.tokens.iter().rev().find(|token| token.kind == TokenKind::Open);
            let range = open.map_or(token.range.clone(), |open| open.range.clone());
            ("the expression is not complete".to_owned(), range)
        } else {
            (format!("unexpected `{}`", self.text(token)), token.range.clone())
        };
        Problem { code: Code::ExprSyntax, message, range, help }
    }

    fn template(&mut self) -> Parsed<Vec<Piece>> {
        let mut pieces = Vec::new();
        loop {
            let token = self.next();
            match token.kind {
                TokenKind::Text => pieces.push(Piece::Text(token.range.clone())),
                TokenKind::Open => {
                    let close = if self.text(token) == "${{" { "}}" } else { "]]" };
                    pieces.push(Piece::Expr(self.expr(Level::Conditional)?));
                    if self.peek().kind != TokenKind::Close || self.peek_text() != close {
                        return Err(self.unexpected(&format!("an operator or `{close}`")));
                    }
                    self.at += 1;
                }
                _ => return Ok(pieces),
            }
        }
    }

    /// Parses what binds at least as tightly as `level`.
    fn expr(&mut self, level: Level) -> Parsed<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep(&self.peek().range));
        }
        let left = self.prefix(level)?;
        let left = self.infix(left, level)?;
        let node = if level == Level::Conditional && self.is_word("if") {
            self.at += 1;
            let cond = self.expr(Level::Or)?;
            self.conditional(left, cond)?
        } else {
            left
        };
        self.depth -= 1;
        Ok(node)
    }

    /// Behind `then if cond`.
    fn conditional(&mut self, then: Node, cond: Node) -> Parsed<Node> {
        self.expect_word("else")?;
        let otherwise = self.expr(Level::Conditional)?;
        branches(then, cond, otherwise)
    }

    fn prefix(&mut self, level: Level) -> Parsed<Node> {
        let token = self.peek();
        let op = match self.text(token) {
            "+" if token.kind == TokenKind::Operator => UnaryOp::Plus,
            "-" if token.kind == TokenKind::Operator => UnaryOp::Minus,
            "not" => UnaryOp::Not,
            _ => return self.atom(),
        };
        if op == UnaryOp::Not && level > Level::Not {
            return Err(self.unexpected("a value (put `not …` in parentheses)"));
        }
        self.at += 1;
        if op == UnaryOp::Minus && self.is_adjacent_number(token) {
            return self.number(Some(token));
        }
        let operand = self.expr(if op == UnaryOp::Not { Level::Not } else { Level::Factor })?;
        let range = token.range.start..operand.range.end;
        node(Kind::Unary(op, Box::new(operand)), range, token.range.start)
    }

    fn is_adjacent_number(&self, minus: &Token) -> bool {
        let token = self.peek();
        matches!(token.kind, TokenKind::Int | TokenKind::Real) && token.range.start == minus.range.end
    }

    fn infix(&mut self, mut left: Node, level: Level) -> Parsed<Node> {
        while let Some(op) = self.binary_op().filter(|op| op.level() >= level) {
            self.at += 1;
            let right = self.expr(op.level().tighter())?;
            let (range, first) = (left.range.start..right.range.end, left.first);
            left = node(Kind::Binary(op, Box::new((left, right))), range, first)?;
            if op.level() == Level::Comparison && self.binary_op().is_some_and(|op| op.level() == Level::Comparison) {
                return Err(chained(&left, self.peek()));
            }
        }
        Ok(left)
    }

    fn binary_op(&self) -> Option<BinaryOp> {
        let token = self.peek();
        if !matches!(token.kind, TokenKind::Operator | TokenKind::Name) {
            return None;
        }
        Some(match self.text(token) {
            "or" => BinaryOp::Or,
            "and" => BinaryOp::And,
            "==" => BinaryOp::Equal,
            "!=" => BinaryOp::Unequal,
            "<" => BinaryOp::Less,
            "<=" => BinaryOp::LessEqual,
            ">" => BinaryOp::Greater,
            ">=" => BinaryOp::GreaterEqual,
            "|" => BinaryOp::BitOr,
            "+" => BinaryOp::Add,
            "-" => BinaryOp::Subtract,
            "*" => BinaryOp::Multiply,
            "/" => BinaryOp::Divide,
            "%" => BinaryOp::Modulo,
            _ => return None,
        })
    }

    fn atom(&mut self) -> Parsed<Node> {
        let token = self.peek();
        let value = match token.kind {
            TokenKind::None => Value::Null,
            TokenKind::Bool => Value::Bool(self.text(token) == "True"),
            TokenKind::Str => return self.string(),
            TokenKind::Int | TokenKind::Real | TokenKind::Hex | TokenKind::Oct | TokenKind::Bin => {
                return self.number(None);
            }
            TokenKind::Name => return self.named(),
            TokenKind::Punctuation => return self.bracketed(),
            TokenKind::Text
            | TokenKind::Open
            | TokenKind::Close
            | TokenKind::Operator
            | TokenKind::Not
            | TokenKind::End => return Err(self.unexpected("a value")),
        };
        self.at += 1;
        literal_node(value, &token.range)
    }

    fn number(&mut self, minus: Option<&Token>) -> Parsed<Node> {
        let token = self.next();
        let range = minus.map_or(token.range.start, |minus| minus.range.start)..token.range.end;
        match literal::number(token.kind, self.text(token), minus.is_some()) {
            Ok(value) => literal_node(value, &range),
            Err(message) => Err(Problem { code: Code::ExprLiteral, message, range, help: None }),
        }
    }

    fn string(&mut self) -> Parsed<Node> {
        let token = self.next();
        match literal::string(self.text(token)) {
            Ok(text) => literal_node(Value::from(text), &token.range),
            Err((at, message)) => {
                let start = token.range.start + at as u32;
                let help = Some("write `\\\\` for a backslash".to_owned());
                Err(Problem { code: Code::ExprLiteral, message, range: start..start + 1, help })
            }
        }
    }

    /// A name, or a call, with what is behind it.
    fn named(&mut self) -> Parsed<Node> {
        let token = self.next();
        let (name, at) = (self.text(token), token.range.clone());
        let kind = if self.skip("(") {
            let args = self.arguments()?;
            let range = at.start..self.previous_end();
            let function = self.function(name, &at, range, args.len());
            let path = self.path()?;
            match function {
                Some(function) => Kind::Call { function, at: at.clone(), args, path },
                None => Kind::Literal(Value::Null),
            }
        } else {
            Kind::Lookup { name: Arc::from(name), at: at.clone(), path: self.path()? }
        };
        node(kind, at.start..self.previous_end(), at.start)
    }

    fn arguments(&mut self) -> Parsed<Vec<Node>> {
        let mut args = Vec::new();
        if self.skip(")") {
            return Ok(args);
        }
        loop {
            args.push(self.expr(Level::Conditional)?);
            if self.skip(")") {
                return Ok(args);
            }
            if !self.skip(",") {
                return Err(self.unexpected("`,` or `)`"));
            }
        }
    }

    /// Finds the function and checks the number of its arguments (EXP-17).
    fn function(&mut self, name: &str, at: &Bytes, call: Bytes, count: usize) -> Option<&'static Function> {
        let Some(function) = func::find(name) else {
            let help = func::suggestion(name);
            let message = format!("no function `{name}`");
            self.problems.push(Problem { code: Code::UnknownFunction, message, range: at.clone(), help });
            return None;
        };
        if count < function.least || function.most.is_some_and(|most| count > most) {
            let message = format!("`{name}` takes {}, not {count}", function.arity_text());
            let help = Some(format!("call it as `{}`", function.signature));
            self.problems.push(Problem { code: Code::WrongArity, message, range: call, help });
            return None;
        }
        Some(function)
    }

    fn path(&mut self) -> Parsed<Vec<Step>> {
        let mut path = Vec::new();
        loop {
            let start = self.peek().range.start;
            if self.skip(".") {
                let token = self.peek();
                if token.kind != TokenKind::Name {
                    return Err(self.unexpected("the name of an attribute"));
                }
                self.at += 1;
                path.push(Step::Attr(Arc::from(self.text(token)), token.range.clone()));
            } else if self.skip("[") {
                let key = self.expr(Level::Conditional)?;
                self.expect("]")?;
                path.push(Step::Item(key, start..self.previous_end()));
            } else {
                return Ok(path);
            }
        }
    }

    fn bracketed(&mut self) -> Parsed<Node> {
        let start = self.peek().range.start;
        if self.skip("(") {
            let inner = self.expr(Level::Conditional)?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.skip("[") {
            return self.list(start);
        }
        if self.skip("{") {
            return self.map(start);
        }
        Err(self.unexpected("a value"))
    }

    fn list(&mut self, start: u32) -> Parsed<Node> {
        let mut items = Vec::new();
        if self.skip("]") {
            return node(Kind::List(items), start..self.previous_end(), start);
        }
        let item = self.expr(Level::Conditional)?;
        let first = item.first;
        if self.is_word("for") {
            return self.comprehension(item, start);
        }
        items.push(item);
        while self.skip(",") && !self.is_punctuation("]") {
            items.push(self.expr(Level::Conditional)?);
        }
        self.expect("]")?;
        node(Kind::List(items), start..self.previous_end(), first)
    }

    fn comprehension(&mut self, item: Node, start: u32) -> Parsed<Node> {
        self.expect_word("for")?;
        let token = self.peek();
        if token.kind != TokenKind::Name {
            return Err(self.unexpected("the loop name"));
        }
        self.at += 1;
        let var = Arc::from(self.text(token));
        self.expect_word("in")?;
        let (source, filter) = self.source_and_filter()?;
        self.expect("]")?;
        let first = item.first;
        let comprehension = Comprehension { item, var, source, filter };
        node(Kind::Comprehension(Box::new(comprehension)), start..self.previous_end(), first)
    }

    /// `source`, `source if filter`, where each of them may be a conditional itself.
    ///
    /// Only what follows tells `a if b else c` from `a if b`, so the part behind `if` is read first.
    fn source_and_filter(&mut self) -> Parsed<(Node, Option<Node>)> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep(&self.peek().range));
        }
        let source = self.expr(Level::Or)?;
        let found = if self.is_word("if") {
            self.at += 1;
            let part = self.expr(Level::Or)?;
            self.after_if(source, part)?
        } else {
            (source, None)
        };
        self.depth -= 1;
        Ok(found)
    }

    /// Behind `source if part`.
    fn after_if(&mut self, source: Node, part: Node) -> Parsed<(Node, Option<Node>)> {
        if self.is_word("else") {
            self.at += 1;
            let (otherwise, filter) = self.source_and_filter()?;
            return Ok((branches(source, part, otherwise)?, filter));
        }
        if !self.is_word("if") {
            return Ok((source, Some(part)));
        }
        self.at += 1;
        let cond = self.expr(Level::Or)?;
        Ok((source, Some(self.conditional(part, cond)?)))
    }

    fn map(&mut self, start: u32) -> Parsed<Node> {
        let mut entries: Vec<(Node, Node)> = Vec::new();
        while !self.is_punctuation("}") {
            let key = self.expr(Level::Conditional)?;
            self.expect(":")?;
            entries.push((key, self.expr(Level::Conditional)?));
            if !self.skip(",") {
                break;
            }
        }
        self.expect("}")?;
        let first = entries.first().map_or(start, |(key, _)| key.first);
        node(Kind::Map(entries), start..self.previous_end(), first)
    }
}

fn branches(then: Node, cond: Node, otherwise: Node) -> Parsed<Node> {
    let (range, first) = (then.range.start..otherwise.range.end, then.first);
    node(Kind::If(Box::new(Branches { cond, then, otherwise })), range, first)
}

fn literal_node(value: Value, range: &Bytes) -> Parsed<Node> {
    node(Kind::Literal(value), range.clone(), range.start)
}

/// A node, unless its tree is too deep.
fn node(kind: Kind, range: Range<u32>, first: u32) -> Parsed<Node> {
    let depth = 1 + deepest_child(&kind);
    if depth > MAX_DEPTH { Err(too_deep(&range)) } else { Ok(Node { kind, range, first, depth }) }
}

fn deepest_child(kind: &Kind) -> u32 {
    let of_path = |path: &[Step]| {
        let items = path.iter().filter_map(|step| match step {
            Step::Item(key, _) => Some(key.depth),
            Step::Attr(..) => None,
        });
        items.max().unwrap_or(0)
    };
    match kind {
        Kind::Literal(_) => 0,
        Kind::Lookup { path, .. } => of_path(path),
        Kind::Call { args, path, .. } => of_path(path).max(args.iter().map(|arg| arg.depth).max().unwrap_or(0)),
        Kind::Unary(_, operand) => operand.depth,
        Kind::Binary(_, operands) => operands.0.depth.max(operands.1.depth),
        Kind::If(branches) => branches.cond.depth.max(branches.then.depth).max(branches.otherwise.depth),
        Kind::List(items) => items.iter().map(|item| item.depth).max().unwrap_or(0),
        Kind::Comprehension(inner) => {
            inner.item.depth.max(inner.source.depth).max(inner.filter.as_ref().map_or(0, |filter| filter.depth))
        }
        Kind::Map(entries) => entries.iter().map(|(key, value)| key.depth.max(value.depth)).max().unwrap_or(0),
    }
}

fn too_deep(range: &Bytes) -> Problem {
    Problem {
        code: Code::ExprLimit,
        message: format!("the expression is nested deeper than {MAX_DEPTH} levels"),
        range: range.clone(),
        help: Some("compute parts of it in contexts of their own, such as `env`".to_owned()),
    }
}

fn chained(left: &Node, second: &Token) -> Problem {
    Problem {
        code: Code::ChainedComparison,
        message: "comparisons do not chain".to_owned(),
        range: left.range.start..second.range.end,
        help: Some("write `a < b and b < c`, or put one comparison in parentheses".to_owned()),
    }
}
