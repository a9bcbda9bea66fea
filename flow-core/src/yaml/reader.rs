//! [`read`]: a text to its tree. The only file that knows the YAML event parser.
//!
//! It turns the parser's events and errors into words of ours: calls of `tree::Builder` and
//! `syntax::Flaw`. What a tree must keep (bounds, duplicates, aliases) lives in `tree`.

use std::ops::Range;

use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, StructureStyle, Tag};

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::text::{FileId, Span};
use crate::yaml::syntax::{Flaw, explain};
use crate::yaml::tree::{Builder, Mark, Origin};
use crate::yaml::{Document, MAX_DEPTH, Style};

/// The largest text that is read. Units: bytes.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Reads a text.
///
/// Never fails: there is always a document, maybe an empty one, and what is wrong is in the
/// diagnostics. One document per file (YML-1); anchors, aliases and merge keys work (YML-2, DEC-15).
/// Errors: `YamlSyntax`, `DuplicateKey`, `YamlTooLarge`, `YamlTag`, `YamlAlias`, and `WrongShape` for
/// a list or mapping as a key.
pub fn read(file: FileId, text: &str) -> (Document, Diagnostics) {
    if text.len() > MAX_BYTES {
        return (Document { root: None, complete: false }, too_large(file, text.len()));
    }
    let mut builder = Builder::new(file, text);
    let mut documents = 0;
    let mut complete = true;
    for event in Parser::new_from_str_with_options(text, options()) {
        let (event, span) = match event {
            Ok(found) => found,
            Err(error) => {
                let at = boundary(text, error.marker().byte_offset().unwrap_or(text.len()));
                let found = explain(&flaw(error.kind()), at, text, builder.open_bracket());
                builder.report(found.in_file(file));
                complete = false;
                break;
            }
        };
        let range = bytes(text, &span);
        if matches!(event, Event::DocumentStart(..)) {
            documents += 1;
            if documents > 1 {
                builder.report(second_document(builder.span(range)));
                break;
            }
        }
        if !feed(&mut builder, event, &span, range) {
            complete = false;
            break;
        }
    }
    let (root, diagnostics) = builder.finish();
    (Document { root, complete }, diagnostics)
}

/// Indentation is judged as leniently as the reference does it; comments are nothing to us.
fn options() -> Options {
    granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    }
}

/// Hands one event on; `false` if the tree must not grow any more.
fn feed(builder: &mut Builder<'_>, event: Event<'_>, span: &granit_parser::Span, range: Range<usize>) -> bool {
    let tag_range = span.tag_span().and_then(|tag| tag.byte_range());
    let origin = |anchor: usize, tag: Option<&Tag>| Origin {
        anchor: (anchor != 0).then_some(anchor),
        tag: tag.map(|tag| (name(tag), tag_range.clone().unwrap_or(range.clone()))),
    };
    match event {
        Event::Scalar(content, style, anchor, tag) => {
            builder.scalar(&content, self::style(style), &range, &origin(anchor, tag.as_deref()))
        }
        Event::SequenceStart(style, anchor, tag) => {
            builder.open_list(mark(style, &range), origin(anchor, tag.as_deref()))
        }
        Event::MappingStart(style, anchor, tag) => {
            builder.open_mapping(mark(style, &range), origin(anchor, tag.as_deref()))
        }
        Event::SequenceEnd | Event::MappingEnd => builder.close(range.end),
        Event::Alias(anchor) => builder.alias(anchor, range),
        Event::UnresolvedAlias(name) => {
            builder.unknown_alias(&name, range);
            true
        }
        Event::Anchor(_, name) => {
            builder.name_anchor(&name);
            true
        }
        // Streams, documents, comments: nothing of them is in a tree.
        _ => true,
    }
}

fn mark(style: StructureStyle, range: &Range<usize>) -> Mark {
    match style {
        StructureStyle::Block => Mark::Block(range.start),
        StructureStyle::Flow => Mark::Flow(range.start),
    }
}

fn style(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    }
}

/// The name of a standard tag, such as `str`; any other as it is written.
fn name(tag: &Tag) -> String {
    tag.suffix_in_namespace("tag:yaml.org,2002:").map_or_else(|| tag.original(), |suffix| format!("!!{suffix}"))
}

/// A span of the parser as bytes that certainly lie in the text.
fn bytes(text: &str, span: &granit_parser::Span) -> Range<usize> {
    let range = span.byte_range().unwrap_or(text.len()..text.len());
    let start = boundary(text, range.start);
    start..boundary(text, range.end).max(start)
}

fn boundary(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at.min(text.len()))
}

fn too_large(file: FileId, bytes: usize) -> Diagnostics {
    let message = format!("the file has {bytes} bytes, more than the {MAX_BYTES} that are read");
    let found = Diagnostic::error(Code::YamlTooLarge, message)
        .at(Span::new(file, 0..0), "")
        .help("split the flow, or move data out of it into files of the workspace");
    Diagnostics::from_iter([found])
}

fn second_document(span: Span) -> Diagnostic {
    Diagnostic::error(Code::YamlSyntax, "a second document begins here, a file holds one")
        .at(span, "the first document ends before this")
        .help("move what follows into a file of its own, or remove this line")
}

/// The parser's error in our words.
fn flaw(kind: &ErrorKind) -> Flaw {
    match kind {
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => Flaw::Colon,
        ErrorKind::UnexpectedCharacter { character } => Flaw::Character(*character),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => Flaw::OpenQuote,
        ErrorKind::UnclosedFlowCollection { open } => Flaw::OpenBracket(*open),
        ErrorKind::UnexpectedEofFlowSequence => Flaw::OpenBracket('['),
        ErrorKind::UnexpectedEofFlowMapping | ErrorKind::UnexpectedEofImplicitFlowMapping => Flaw::OpenBracket('{'),
        ErrorKind::MisplacedFlowCollectionEnd | ErrorKind::MismatchedFlowCollectionEnd { .. } => Flaw::StrayBracket,
        ErrorKind::ExpectedFlowSequenceSeparator | ErrorKind::ExpectedFlowMappingSeparator => Flaw::Separator,
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => Flaw::Tab,
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey | ErrorKind::ExpectedBlockMappingKey => {
            Flaw::KeyExpected
        }
        ErrorKind::ExpectedBlockSequenceEntry => Flaw::DashExpected,
        ErrorKind::BlockSequenceEntryNotAllowed | ErrorKind::BlockEntryInFlowCollection => Flaw::DashHere,
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => Flaw::AfterQuote,
        ErrorKind::UnknownQuotedScalarEscape => Flaw::Escape,
        ErrorKind::InvalidBlockScalarIndent
        | ErrorKind::InvalidIndentation
        | ErrorKind::InvalidFlowScalarIndent
        | ErrorKind::InvalidQuotedScalarIndent => Flaw::Indentation,
        ErrorKind::UnsupportedYamlMajorVersion => Flaw::Version,
        ErrorKind::RecursionLimitExceeded => Flaw::TooDeep,
        other => Flaw::Other(other.to_string()),
    }
}

#[cfg(test)]
mod tests;
