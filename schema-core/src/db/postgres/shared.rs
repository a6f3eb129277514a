//! Whether a server's session is shared with other clients, as a pooler in transaction mode shares it.
//!
//! Such a pooler hands out a session for a transaction only. So a second client gets the session that the first one has just had, or the first one gets
//! another. On a connection to the server itself, or through a pool in session mode, neither happens.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::spawn;
use std::time::Duration;

use postgres::{Client, SimpleQueryMessage};

use super::error::translate;
use crate::db::Error;

/// How often the two are compared: with others at work, a pooler may give each a session of its own for a while.
const LOOKS: usize = 5;

/// How long the second client may take. There may be no room for one, as in a full pool in session mode.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tells whether a second client, which `connect` makes, and this one get the same session.
///
/// # Errors
///
/// What the server reports to the first client. If there can be no second one, the answer is no.
pub(super) fn shares(
    client: &mut Client,
    connect: impl FnOnce() -> Option<Client> + Send + 'static,
) -> Result<bool, Error> {
    let (ask, asked) = channel();
    let (answer, answers) = channel();
    // It may wait for room for ever, and then nobody waits for it.
    spawn(move || connect().map(|second| serve(second, &asked, &answer)));
    let first = session(client)?;
    let mut last = first.clone();
    for _ in 0..LOOKS {
        if ask.send(()).is_err() {
            return Ok(false);
        }
        let Ok(second) = answers.recv_timeout(PATIENCE) else {
            return Ok(false);
        };
        if second == last {
            return Ok(true);
        }
        last = session(client)?;
        if last != first {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Opens a transaction whenever it is asked, and answers in which session.
fn serve(mut client: Client, asked: &Receiver<()>, answer: &Sender<Option<String>>) {
    while asked.recv().is_ok() {
        let session = client.batch_execute("BEGIN").and_then(|()| number(&mut client));
        let ended = client.batch_execute("ROLLBACK");
        let (Ok(session), Ok(())) = (session, ended) else {
            return;
        };
        if answer.send(session).is_err() {
            return;
        }
    }
}

fn session(client: &mut Client) -> Result<Option<String>, Error> {
    number(client).map_err(|error| translate(&error, ""))
}

fn number(client: &mut Client) -> Result<Option<String>, postgres::Error> {
    let messages = client.simple_query("SELECT pg_backend_pid()")?;
    Ok(messages.iter().find_map(|message| {
        if let SimpleQueryMessage::Row(row) = message {
            row.get(0).map(str::to_owned)
        } else {
            None
        }
    }))
}
