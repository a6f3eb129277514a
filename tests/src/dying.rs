//! A connection that is lost at a chosen call, as that of a killed process is.

use std::time::Duration;

use schema_core::db::{Connection, Error, ErrorKind, Value};

/// When a connection is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// Before the call does anything.
    Before,
    /// After the database has done it, and before it could say so.
    After,
    /// Not at all: the call is refused, and the next ones are answered again.
    Once,
}

/// A connection that is lost at some call.
pub struct Dying {
    inner: Box<dyn Connection>,
    left: usize,
    lost: Lost,
}

impl Dying {
    /// Returns a connection that answers so many calls.
    #[must_use]
    pub fn new(inner: Box<dyn Connection>, calls: usize, lost: Lost) -> Self {
        Dying {
            inner,
            left: calls,
            lost,
        }
    }

    /// Tells whether it is lost, or has refused its call.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.left == 0
    }

    fn call<T>(&mut self, work: impl FnOnce(&mut dyn Connection) -> Result<T, Error>) -> Result<T, Error> {
        let lost = Error {
            kind: ErrorKind::Unreachable,
            message: "the connection is lost".to_owned(),
            offset: None,
        };
        match (self.left, self.lost) {
            (0, Lost::Before | Lost::After) => Err(lost),
            (0, Lost::Once) => work(&mut *self.inner),
            (1, Lost::Once) => {
                self.left = 0;
                Err(Error {
                    kind: ErrorKind::Statement,
                    message: "it is refused".to_owned(),
                    offset: None,
                })
            }
            (1, Lost::Before) => {
                self.left = 0;
                Err(lost)
            }
            (1, Lost::After) => {
                self.left = 0;
                work(&mut *self.inner).and(Err(lost))
            }
            (left, _) => {
                self.left = left - 1;
                work(&mut *self.inner)
            }
        }
    }
}

impl Connection for Dying {
    fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, Error> {
        self.call(|inner| inner.execute(sql, parameters))
    }

    fn for_each(
        &mut self,
        sql: &str,
        parameters: &[Value],
        row: &mut dyn FnMut(Vec<Value>) -> bool,
    ) -> Result<(), Error> {
        self.call(|inner| inner.for_each(sql, parameters, row))
    }

    fn limit_statements(&mut self, limit: Option<Duration>) -> Result<(), Error> {
        self.inner.limit_statements(limit)
    }
}
