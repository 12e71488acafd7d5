//! What came back for a probe.

#[cfg(test)]
use super::Observation;
use super::{Outcome, Response};

impl Outcome {
    /// The response.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub fn response(&self) -> Result<&Response, &str> {
        match self {
            Self::Response(response) => Ok(response),
            Self::Refused => Err("nothing listens there"),
            Self::TimedOut => Err("timed out"),
            Self::NotHttp(_) | Self::Tls => Err("what listens there does not speak HTTP"),
            Self::Failed(why) => Err(why),
        }
    }
}

#[cfg(test)]
impl Observation {
    /// An answer to the question of this id.
    pub(crate) fn answered(id: &str, status: u16, body: &str) -> Self {
        Self {
            id: id.to_owned(),
            outcome: Outcome::Response(Response {
                status,
                headers: Vec::new(),
                body: body.to_owned(),
            }),
            elapsed_ms: 1,
        }
    }
}
