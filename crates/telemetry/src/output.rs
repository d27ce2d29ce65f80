//! Standard output. A person at a terminal sees each line at once; for machines lines are gathered and written together,
//! at the latest after a tenth of a second, because a write for each line costs a busy service as much as the line.
//! Warnings and errors are written at once, with what stands before them, so that whatever ends a process is seen.

use std::{
    io::{self, IsTerminal, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// Written when so many bytes have been gathered.
const FULL: usize = 64 * 1024;

/// How long a line waits at most.
const INTERVAL: Duration = Duration::from_millis(100);

type Sink = Box<dyn Write + Send>;

struct Gathered {
    lines: Vec<u8>,
    /// Bytes that are written together; zero for a person.
    full: usize,
    sink: Sink,
}

/// A writer for log lines. All clones are one.
#[derive(Clone)]
pub struct Output(Arc<Mutex<Gathered>>);

impl Output {
    pub fn stdout() -> Self {
        let full = if io::stdout().is_terminal() { 0 } else { FULL };
        Self::new(Box::new(io::stdout()), full)
    }

    fn new(sink: Sink, full: usize) -> Self {
        let output = Self(Arc::new(Mutex::new(Gathered { lines: Vec::with_capacity(full), full, sink })));
        let weak = Arc::downgrade(&output.0);
        // It ends with the last clone. Where no thread is to be had, full buffers and warnings still write.
        let _ = thread::Builder::new().name("log-output".to_owned()).spawn(move || {
            while let Some(gathered) = weak.upgrade() {
                Self(gathered).flush();
                thread::park_timeout(INTERVAL);
            }
        });
        output
    }

    /// Writes what has been gathered. Nobody could be told of an error: this is where errors are told.
    pub fn flush(&self) {
        self.gathered().write_out();
    }

    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gathered {
    fn write_out(&mut self) {
        if !self.lines.is_empty() {
            let _ = self.sink.write_all(&self.lines).and_then(|()| self.sink.flush());
            self.lines.clear();
        }
    }
}

/// One line on its way in.
pub struct Line<'o> {
    output: &'o Output,
    is_urgent: bool,
}

impl<'o> MakeWriter<'o> for Output {
    type Writer = Line<'o>;

    fn make_writer(&'o self) -> Line<'o> {
        Line { output: self, is_urgent: false }
    }

    fn make_writer_for(&'o self, metadata: &Metadata<'_>) -> Line<'o> {
        Line { output: self, is_urgent: *metadata.level() <= Level::WARN }
    }
}

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut gathered = self.output.gathered();
        gathered.lines.extend_from_slice(line);
        if self.is_urgent || gathered.lines.len() >= gathered.full {
            gathered.write_out();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    struct Heard(mpsc::Sender<String>);

    impl Write for Heard {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn heard(full: usize) -> (Output, mpsc::Receiver<String>) {
        let (sender, receiver) = mpsc::channel();
        (Output::new(Box::new(Heard(sender)), full), receiver)
    }

    fn log(output: &Output, work: impl FnOnce()) {
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(output.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
    }

    #[test]
    fn lines_are_written_together_in_their_order_and_soon() {
        let (output, receiver) = heard(FULL);
        log(&output, || {
            for line in 0..100 {
                tracing::info!(line, "counted");
            }
        });
        let mut text = String::new();
        while !text.contains("line=99") {
            text += &receiver.recv_timeout(Duration::from_secs(10)).unwrap();
        }
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 100);
        assert!(lines.iter().enumerate().all(|(number, line)| line.ends_with(&format!("line={number}"))));
    }

    #[test]
    fn a_warning_is_written_at_once_with_what_stands_before_it() {
        let (output, receiver) = heard(FULL);
        log(&output, || {
            tracing::info!("before");
            tracing::warn!("trouble");
            let text: String = receiver.try_iter().collect();
            assert!(text.contains("before") && text.contains("trouble"), "{text}");
        });
    }

    #[test]
    fn a_person_sees_every_line_at_once() {
        let (output, receiver) = heard(0);
        log(&output, || {
            tracing::info!("one");
            assert!(receiver.try_recv().unwrap().contains("one"));
        });
    }

    #[test]
    fn much_is_not_kept_for_long() {
        let (output, receiver) = heard(FULL);
        log(&output, || tracing::info!("{}", "x".repeat(FULL)));
        assert!(receiver.try_iter().map(|text| text.len()).sum::<usize>() >= FULL);
    }
}
