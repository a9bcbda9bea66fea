//! The closed list of diagnostic codes. Numbers are never reused.

/// Declares the codes: variant, number, short name, meaning in one sentence.
macro_rules! codes {
    ($($variant:ident $number:literal $name:literal $meaning:literal;)*) => {
        /// Which problem, of the closed list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        impl Code {
            /// All codes in the order of their numbers.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The number that people search for, such as `F0201`.
            pub fn number(self) -> &'static str {
                match self { $(Code::$variant => $number,)* }
            }

            /// The short name, such as `unknown-key`.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// What it means, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$variant => $meaning,)* }
            }
        }
    };
}

codes! {
    // F00: the workspace and what was asked for.
    WorkspaceNotFound "F0001" "workspace-not-found" "No `.apolo` folder in the start folder or above it.";
    FlowNotFound "F0002" "flow-not-found" "The config folder has no file of that name.";
    FileUnreadable "F0003" "file-unreadable" "A file of the workspace cannot be read.";
    WrongKind "F0004" "wrong-kind" "The file is of another kind than the command needs.";
    UnknownParam "F0005" "unknown-param" "A value was given for a param that the flow does not declare.";
    MissingParam "F0006" "missing-param" "A param without a default was given no value.";
    InvalidId "F0007" "invalid-id" "A name that must be an identifier is none.";
    NotSupported "F0008" "not-supported" "Valid in the language, but this version cannot run it.";
    UnknownJob "F0009" "unknown-job" "The live flow has no job of that name.";
    WrongSuffix "F0010" "wrong-suffix" "A suffix or arguments for a job that is not `multi`.";
    RemoteAction "F0020" "remote-action" "An action of another repository cannot be had.";
    UntrustedAction "F0021" "untrusted-action" "A local action of another repository, which nobody has allowed to run on this machine.";
    // F01: the YAML text.
    YamlSyntax "F0101" "yaml-syntax" "The text is not well-formed YAML.";
    DuplicateKey "F0102" "duplicate-key" "A mapping holds the same key twice.";
    YamlTooLarge "F0103" "yaml-too-large" "The file is larger, deeper or more repetitive than the reader allows.";
    YamlTag "F0104" "yaml-tag" "A tag that the language does not know.";
    YamlAlias "F0105" "yaml-alias" "An alias without an anchor, or a merge key without a mapping.";
    SurprisingScalar "F0106" "surprising-scalar" "A plain scalar that YAML reads differently from how it looks.";
    // F02: the shape of the document.
    UnknownKey "F0201" "unknown-key" "A key that this mapping does not have.";
    MissingKey "F0202" "missing-key" "A mandatory key is absent.";
    WrongShape "F0203" "wrong-shape" "A scalar, a list or a mapping where another of them is expected.";
    WrongValue "F0204" "wrong-value" "A literal that its key does not accept.";
    NotAnIdentifier "F0205" "not-an-identifier" "A name that must be an identifier is none.";
    Exclusive "F0206" "exclusive-keys" "Keys that exclude each other are both present.";
    NoExpressionHere "F0207" "no-expression-here" "An expression where only a literal is allowed.";
    NullValue "F0208" "null-value" "A value is required where none stands.";
    IgnoredKey "F0209" "ignored-key" "A key that the language knows and that has no effect.";
    // F03: the text of an expression.
    ExprToken "F0301" "expr-token" "A character that begins no token.";
    ExprSyntax "F0302" "expr-syntax" "Tokens that form no expression.";
    UnknownFunction "F0303" "unknown-function" "A function that the language does not have.";
    WrongArity "F0304" "wrong-arity" "A function called with too few or too many arguments.";
    ExprLiteral "F0305" "expr-literal" "A malformed number or string in an expression.";
    ChainedComparison "F0306" "chained-comparison" "Comparisons do not chain.";
    // F04: the meaning of an expression.
    UnknownContext "F0401" "unknown-context" "A name that is no context of this place.";
    UnknownProperty "F0402" "unknown-property" "A property that the object does not have.";
    ExprType "F0403" "expr-type" "An operation on a value of the wrong type.";
    ExprValue "F0404" "expr-value" "An operation on a value that it does not accept.";
    ExprLimit "F0405" "expr-limit" "An expression that takes more steps or memory than allowed.";
    Conversion "F0406" "conversion" "The result of an expression does not fit its key.";
    // F05: names that are bound, graphs that are built.
    UnknownNeed "F0501" "unknown-need" "A task needs a task that does not exist.";
    DuplicateId "F0502" "duplicate-id" "Two tasks have the same id.";
    Cycle "F0503" "cycle" "Tasks need each other in a circle.";
    MissingImage "F0504" "missing-image" "A task has no image.";
    MatrixTooLarge "F0505" "matrix-too-large" "A matrix has more combinations than allowed.";
    MatrixShape "F0506" "matrix-shape" "An include or exclude entry does not fit the matrix.";
    UnknownMixin "F0507" "unknown-mixin" "A mixin that is not defined.";
    MixinCycle "F0508" "mixin-cycle" "Mixins include each other in a circle.";
    UnknownAction "F0509" "unknown-action" "A call of an action or a module that does not exist.";
    WrongCall "F0510" "wrong-call" "A call of something that cannot be called there, or not in this way.";
    WrongArguments "F0511" "wrong-arguments" "Arguments that do not fit the inputs of what is called.";
    CallCycle "F0512" "call-cycle" "An action or a module that calls itself.";
    LocalAfterRemote "F0513" "local-after-remote" "A local action that needs a task that does not run on the user's machine.";
    ImageConflict "F0514" "image-conflict" "Two images with one reference that are built from different files.";
    ImageFiles "F0515" "image-files" "A context and a Dockerfile that do not go together.";
    UnknownPreset "F0516" "unknown-preset" "A preset that `engine.toml` does not declare.";
    PresetTooLarge "F0517" "preset-too-large" "A preset that claims more than the machine has.";
    MissingSecret "F0518" "missing-secret" "A secret that is not there, or may not be read.";
}
