//! [`Problem`]: a refusal or failure as `application/problem+json` (RFC 9457): it always says why.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow_core::port::{ExecutorError, SourceError, StoreError};
use flow_engine::EngineError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::view::DiagnosticView;

/// The media type of a refusal.
pub(crate) const PROBLEM: &str = "application/problem+json";
/// How many seconds to wait before what was too much is asked again.
const AGAIN: HeaderValue = HeaderValue::from_static("1");

/// Why something was not done.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`: the status and the title say the kind.
    r#type: &'static str,
    /// The kind, for people.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened, in words.
    detail: String,
    /// What is wrong with the flow's files, where that is why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    diagnostics: Vec<DiagnosticView>,
}

/// The answer of a route.
pub(crate) type Answer<T> = Result<Json<T>, Problem>;

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        let (status, detail) = (status.as_u16(), detail.into());
        Problem { r#type: "about:blank", title, status, detail, diagnostics: Vec::new() }
    }

    pub(crate) fn is_unauthorized(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED.as_u16()
    }

    /// What must not happen.
    pub(crate) fn broken() -> Self {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the page could not be made: this is a bug, please report it")
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::NOT_FOUND, detail)
    }

    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::CONFLICT, detail)
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let kind = HeaderValue::from_static(PROBLEM);
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(header::RETRY_AFTER, AGAIN);
        }
        response
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        let status = match &error {
            EngineError::UnknownBake(_)
            | EngineError::UnknownAttempt { .. }
            | EngineError::UnknownTask { .. }
            | EngineError::UnknownLiveJob { .. } => StatusCode::NOT_FOUND,
            EngineError::Finished { .. }
            | EngineError::NotRestarted { .. }
            | EngineError::PortTaken { .. }
            | EngineError::Source(SourceError::NoWorkspace { .. } | SourceError::NotAFolder { .. })
            | EngineError::Store(
                StoreError::Held { .. } | StoreError::Conflict { .. } | StoreError::StaleEpoch { .. },
            ) => StatusCode::CONFLICT,
            EngineError::Config(_) => StatusCode::UNPROCESSABLE_ENTITY,
            EngineError::Store(StoreError::Io { .. }) | EngineError::Executor(ExecutorError::Unreachable { .. }) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut problem = Problem::new(status, error.to_string());
        if let EngineError::Config(problems) = &error {
            problem.diagnostics = DiagnosticView::all(&problems.diagnostics, &problems.sources);
        }
        problem
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        EngineError::from(error).into()
    }
}

impl From<ExecutorError> for Problem {
    fn from(error: ExecutorError) -> Self {
        EngineError::from(error).into()
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Problem::new(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Problem::new(rejection.status(), rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    /// A name that cannot be one names nothing.
    fn from(rejection: PathRejection) -> Self {
        Problem::not_found(format!("there is no such address: {}", rejection.body_text()))
    }
}

/// A number that was asked for, or what stands for none. Errors: it is out of its bounds.
pub(crate) fn within<T>(name: &str, asked: Option<T>, bounds: (T, T), default: T) -> Result<T, Problem>
where
    T: Copy + PartialOrd + std::fmt::Display,
{
    let (least, most) = bounds;
    let asked = asked.unwrap_or(default);
    let outside = || Problem::bad_request(format!("`{name}` is from {least} to {most}"));
    (asked >= least && asked <= most).then_some(asked).ok_or_else(outside)
}

/// A JSON body; a wrong one is refused as a [`Problem`].
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Ok(Body(Json::<T>::from_request(request, state).await?.0))
    }
}

/// What is asked in the query; a wrong one is refused as a [`Problem`].
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Query(axum::extract::Query::<T>::from_request_parts(parts, state).await?.0))
    }
}

/// The names in the path; a wrong one is refused as a [`Problem`].
#[derive(Debug)]
pub(crate) struct Path<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Path(axum::extract::Path::<T>::from_request_parts(parts, state).await?.0))
    }
}
