//! [`tree`]: the syntax tree of an expression as plain data, for tools and for the conformance vectors.

use flow_core::expr::ast::{Kind, Node, Step};
use flow_core::expr::{Part, Template};
use flow_core::text::SourceMap;
use flow_core::value::Value;
use serde_json::{Value as Json, json};

/// The parts in order, and where each begins: line and column from 1.
pub(crate) fn tree(template: &Template, sources: &SourceMap) -> Json {
    let starts = template.parts().iter().filter_map(|part| {
        let start = match part {
            Part::Text(_, range) => range.start,
            Part::Expr(expr) => expr.node().first,
        };
        let place = sources.position(template.span_of(&(start..start)))?;
        Some(json!([place.line, place.column]))
    });
    let parts = template.parts().iter().map(|part| match part {
        Part::Text(text, _) => json!({"t": "text", "value": &**text}),
        Part::Expr(expr) => node_tree(expr.node()),
    });
    json!({"tree": parts.collect::<Vec<_>>(), "starts": starts.collect::<Vec<_>>()})
}

fn node_tree(node: &Node) -> Json {
    match &node.kind {
        Kind::Literal(value) => json!({"t": "literal", "type": word(value), "value": value}),
        Kind::Lookup { name, path, .. } => with_path(json!({"t": "lookup", "name": &**name}), path),
        Kind::Call { function, args, path, .. } => {
            let args: Vec<Json> = args.iter().map(node_tree).collect();
            with_path(json!({"t": "call", "func": function.name, "args": args}), path)
        }
        Kind::Unary(op, operand) => json!({"t": "unary", "op": op.text(), "operand": node_tree(operand)}),
        Kind::Binary(op, operands) => {
            json!({"t": "binary", "op": op.text(), "left": node_tree(&operands.0), "right": node_tree(&operands.1)})
        }
        Kind::If(branches) => {
            let [cond, then, otherwise] = [&branches.cond, &branches.then, &branches.otherwise].map(node_tree);
            json!({"t": "if", "cond": cond, "then": then, "else": otherwise})
        }
        Kind::List(items) => json!({"t": "list", "items": items.iter().map(node_tree).collect::<Vec<_>>()}),
        Kind::Comprehension(inner) => {
            let (item, source) = (node_tree(&inner.item), node_tree(&inner.source));
            let json = json!({"t": "listcomp", "item": item, "var": &*inner.var, "in": source});
            with(json, "if", inner.filter.as_ref().map(node_tree))
        }
        Kind::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| json!([node_tree(key), node_tree(value)]));
            json!({"t": "dict", "items": entries.collect::<Vec<_>>()})
        }
    }
}

fn with_path(json: Json, path: &[Step]) -> Json {
    let steps = path.iter().map(|step| match step {
        Step::Attr(name, _) => json!({"attr": &**name}),
        Step::Item(key, _) => json!({"item": node_tree(key)}),
    });
    let steps: Vec<Json> = steps.collect();
    let steps = (!steps.is_empty()).then(|| Json::from(steps));
    with(json, "path", steps)
}

fn with(mut json: Json, name: &str, value: Option<Json>) -> Json {
    if let (Some(map), Some(value)) = (json.as_object_mut(), value) {
        map.insert(name.to_owned(), value);
    }
    json
}

/// The kind of a constant.
fn word(value: &Value) -> &str {
    value.type_name()
}
