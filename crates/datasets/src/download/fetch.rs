//! One request over HTTP: a file, or the rest of it.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use super::Options;
use crate::{Error, Result};

/// How a request ended.
#[derive(Debug)]
pub(super) enum End {
    /// The server sent all that it announced.
    Complete,
    /// The connection broke or stalled; what came is kept.
    Cut(String),
    /// The server does not have the range: the part is as long as the file, or longer.
    OutOfRange,
    /// The server does not give the file, or something that cannot be it.
    Refused(String),
}

/// Bytes asked of the connection at a time, between two reports of progress.
const CHUNK: usize = 1 << 17;

pub(super) fn agent(options: &Options) -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(options.stall))
        .timeout_recv_response(Some(options.stall))
        .timeout_per_read(Some(options.stall))
        .user_agent(concat!("fenchel/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

/// Fetches `url` into the file `part`, going on where it ends; refuses to take more than `limit` bytes.
///
/// Calls `received` with the bytes there are and the bytes there will be, if the server says.
///
/// # Errors
/// If the file cannot be written; whatever the server does wrong is an [`End`].
pub(super) fn fetch(
    agent: &ureq::Agent,
    url: &str,
    part: &Path,
    limit: u64,
    received: &mut dyn FnMut(u64, Option<u64>),
) -> Result<End> {
    let io = |action| move |source| Error::Io { action, path: part.to_owned(), source };
    // The name is known beforehand, so somebody else may have put something there: a link is not followed.
    let have = match part.symlink_metadata() {
        Ok(found) if found.is_file() => found.len(),
        Ok(_) => return Err(io("write")(ErrorKind::InvalidInput.into())),
        Err(_) => 0,
    };
    let mut request = agent.get(url);
    if have > 0 {
        request = request.header("Range", format!("bytes={have}-"));
    }
    let response = match request.call() {
        Ok(response) => response,
        Err(error) => return Ok(End::Cut(error.to_string())),
    };
    let (start, mut file) = match response.status().as_u16() {
        206 if have > 0 => {
            let range = response.headers().get("Content-Range").and_then(|range| range.to_str().ok());
            if range.and_then(range_start) != Some(have) {
                let got = range.unwrap_or("no Content-Range");
                return Ok(End::Refused(format!("asked for the bytes from {have} on, got `{got}`")));
            }
            (have, OpenOptions::new().append(true).open(part).map_err(io("append to"))?)
        }
        // The whole file, also from a server that does not know ranges: what was there goes.
        200 => (0, anew(part).map_err(io("create"))?),
        416 if have > 0 => return Ok(End::OutOfRange),
        status => return Ok(End::Refused(format!("the server answers {status}"))),
    };
    let mut body = response.into_body();
    let total = body.content_length().and_then(|rest| rest.checked_add(start));
    let mut body = body.as_reader();
    let mut buffer = vec![0; CHUNK];
    let mut have = start;
    loop {
        received(have, total);
        match body.read(&mut buffer) {
            Ok(0) if total.is_some_and(|total| have < total) => {
                return Ok(End::Cut(format!(
                    "the connection ends after {have} of {} bytes",
                    total.unwrap_or(0)
                )));
            }
            Ok(0) => {
                // The name must not come to point at bytes that are not on the disk yet.
                file.sync_all().map_err(io("write"))?;
                return Ok(End::Complete);
            }
            Ok(n) => {
                file.write_all(&buffer[..n]).map_err(io("write"))?;
                have += n as u64;
                if have > limit {
                    return Ok(End::Refused(format!(
                        "more than {limit} bytes come, which cannot be the file"
                    )));
                }
            }
            Err(error) => return Ok(End::Cut(format!("cut off after {have} bytes: {error}"))),
        }
    }
}

/// A new file in place of one of this name.
fn anew(part: &Path) -> std::io::Result<File> {
    match fs::remove_file(part) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    File::create_new(part)
}

/// The first byte's offset in a `Content-Range` such as `bytes 7-99/100`.
fn range_start(range: &str) -> Option<u64> {
    range.strip_prefix("bytes ")?.split('-').next()?.trim().parse().ok()
}
