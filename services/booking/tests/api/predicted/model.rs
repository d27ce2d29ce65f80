//! Bookings as the specification has them, without a database: what each operation answers, and what it changes.
//! Nothing of the service is used here, so that the two can differ.
//!
//! Time is in minutes since the beginning. The real clock runs a little ahead of it, so that an instant that is reached
//! has passed.

/// Of a half hour, with tax.
pub const HALF_HOUR: i64 = 1190;
pub const HOLD: i64 = 35;
const DAY: i64 = 24 * 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Requested,
    Held,
    Confirmed,
    Declined,
    Expired,
    Cancelled,
    Completed,
    NoShow,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Held => "held",
            Self::Confirmed => "confirmed",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Completed => "completed",
            Self::NoShow => "no_show",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Predicted {
    pub on_request: bool,
    pub starts: i64,
    pub ends: i64,
    pub original_start: i64,
    pub status: Status,
    pub until: i64,
    pub was_held: bool,
    pub checked_in: bool,
    pub total: i64,
    /// By all ways.
    pub paid: i64,
    pub credited: i64,
    /// What the desk has of it.
    pub desk: Desk,
    pub refund: Option<i64>,
}

/// Money that staff have taken and handed back.
#[derive(Debug, Clone, Copy, Default)]
pub struct Desk {
    pub paid: i64,
    pub credited: i64,
    /// By a cancellation.
    pub promised: i64,
    pub handed_back: i64,
}

#[derive(Debug, Clone, Copy)]
pub enum Who {
    Customer,
    Company,
}

#[derive(Debug, Clone, Copy)]
pub enum Step {
    Book {
        on_request: bool,
        starts: i64,
        minutes: i64,
    },
    Move {
        booking: usize,
        starts: i64,
        minutes: i64,
    },
    Cancel {
        booking: usize,
        by: Who,
    },
    Confirm {
        booking: usize,
    },
    Decline {
        booking: usize,
    },
    CheckIn {
        booking: usize,
    },
    NoShow {
        booking: usize,
    },
    Overtime {
        booking: usize,
    },
    /// What is due, or a cent more.
    Pay {
        booking: usize,
        too_much: bool,
    },
    TakeAtDesk {
        booking: usize,
        sum: Sum,
    },
    HandBack {
        booking: usize,
        sum: Sum,
    },
    Wait {
        minutes: i64,
    },
}

/// Of what is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sum {
    Half,
    All,
    ACentMore,
}

impl Sum {
    /// At least a cent: the least that can be recorded.
    pub fn of(self, due: i64) -> i64 {
        match self {
            Self::Half => (due / 2).max(1),
            Self::All => due.max(1),
            Self::ACentMore => due + 1,
        }
    }
}

/// The status of the answer, and the code of its problem.
pub type Answer = Result<u16, (u16, &'static str)>;

#[derive(Debug, Default)]
pub struct Model {
    pub now: i64,
    pub bookings: Vec<Predicted>,
}

impl Predicted {
    pub fn due(&self) -> i64 {
        (self.total - (self.paid - self.credited)).max(0)
    }

    /// What the desk has to hand back: what was promised, and what was paid there for a hold that lapsed while there was
    /// time left.
    pub fn desk_refund_due(&self) -> i64 {
        let promised = (self.desk.credited + self.desk.promised - self.desk.handed_back).max(0);
        let has_lapsed = self.status == Status::Expired && self.was_held && self.until < self.ends;
        promised + if has_lapsed { self.desk_kept() } else { 0 }
    }

    fn desk_kept(&self) -> i64 {
        self.desk.paid - self.desk.credited.max(self.desk.handed_back)
    }

    /// Of a sum that goes back, what the desk hands back: what came through a provider goes back there first.
    fn at_desk_of(&self, sum: i64) -> i64 {
        let online = (self.paid - self.desk.paid) - (self.credited - self.desk.credited);
        (sum - online).clamp(0, self.desk_kept())
    }

    fn credit(&mut self, sum: i64) {
        self.desk.credited += self.at_desk_of(sum);
        self.credited += sum;
    }

    fn occupies(&self) -> bool {
        matches!(self.status, Status::Held | Status::Confirmed | Status::Completed | Status::NoShow)
    }

    /// What it answers to an operation that its status forbids.
    fn refusal(&self) -> Answer {
        match self.status {
            Status::Expired if self.was_held => Err((410, "hold_expired")),
            Status::Expired => Err((410, "request_expired")),
            _ => Err((409, "wrong_status")),
        }
    }

    fn refund_to(&self, by: Who, now: i64) -> i64 {
        let kept = self.paid - self.credited;
        let early = self.original_start - now;
        match by {
            Who::Company => kept,
            Who::Customer if now >= self.starts => 0,
            Who::Customer if early > 7 * DAY => kept,
            Who::Customer if early > DAY => (kept + 1) / 2,
            Who::Customer => 0,
        }
    }
}

impl Model {
    fn is_free(&self, on_request: bool, starts: i64, ends: i64, except: Option<usize>) -> bool {
        let others = self.bookings.iter().enumerate().filter(|(index, _)| Some(*index) != except);
        !others.into_iter().any(|(_, other)| {
            other.on_request == on_request && other.occupies() && other.starts < ends && starts < other.ends
        })
    }

    pub fn step(&mut self, step: Step) -> Answer {
        match step {
            Step::Book { on_request, starts, minutes } => self.book(on_request, starts, minutes),
            Step::Move { booking, starts, minutes } => self.move_to(booking, starts, minutes),
            Step::Cancel { booking, by } => self.cancel(booking, by),
            Step::Confirm { booking } => self.confirm(booking),
            Step::Decline { booking } => self.decline(booking),
            Step::CheckIn { booking } => self.check_in(booking),
            Step::NoShow { booking } => self.no_show(booking),
            Step::Overtime { booking } => self.overtime(booking),
            Step::Pay { booking, too_much } => self.pay(booking, too_much),
            Step::TakeAtDesk { booking, sum } => self.take_at_desk(booking, sum),
            Step::HandBack { booking, sum } => self.hand_back(booking, sum),
            Step::Wait { minutes } => self.wait(minutes),
        }
    }

    fn book(&mut self, on_request: bool, starts: i64, minutes: i64) -> Answer {
        let ends = starts + minutes;
        if starts <= self.now {
            return Err((422, "past"));
        }
        if !self.is_free(on_request, starts, ends, None) {
            return Err((409, "slot_taken"));
        }
        self.bookings.push(Predicted {
            on_request,
            starts,
            ends,
            original_start: starts,
            status: if on_request { Status::Requested } else { Status::Held },
            until: if on_request { (self.now + 2 * DAY).min(starts) } else { self.now + HOLD },
            was_held: !on_request,
            checked_in: false,
            total: minutes / 30 * HALF_HOUR,
            paid: 0,
            credited: 0,
            desk: Desk::default(),
            refund: None,
        });
        Ok(201)
    }

    fn move_to(&mut self, index: usize, starts: i64, minutes: i64) -> Answer {
        let (now, ends, booking) = (self.now, starts + minutes, &self.bookings[index]);
        let on_request = booking.on_request;
        if starts <= now {
            return Err((422, "past"));
        }
        match booking.status {
            Status::Requested => {}
            Status::Held | Status::Confirmed if booking.checked_in || booking.starts <= now => {
                return Err((409, "has_begun"));
            }
            Status::Held | Status::Confirmed => {
                let is_same = (booking.starts, booking.ends) == (starts, ends);
                if !is_same && !self.is_free(on_request, starts, ends, Some(index)) {
                    return Err((409, "slot_taken"));
                }
            }
            _ => return booking.refusal(),
        }
        let booking = &mut self.bookings[index];
        (booking.starts, booking.ends, booking.total) = (starts, ends, minutes / 30 * HALF_HOUR);
        booking.credit((booking.paid - booking.credited - booking.total).max(0));
        match booking.status {
            Status::Requested => booking.until = booking.until.min(starts),
            Status::Held if booking.due() == 0 => booking.status = Status::Confirmed,
            _ => {}
        }
        Ok(200)
    }

    fn cancel(&mut self, index: usize, by: Who) -> Answer {
        let (now, booking) = (self.now, &mut self.bookings[index]);
        match booking.status {
            Status::Cancelled => return Ok(200),
            Status::Requested | Status::Held | Status::Confirmed => {}
            _ => return booking.refusal(),
        }
        let refund = booking.refund_to(by, now);
        (booking.refund, booking.desk.promised) = (Some(refund), booking.at_desk_of(refund));
        booking.status = Status::Cancelled;
        Ok(200)
    }

    fn confirm(&mut self, index: usize) -> Answer {
        let booking = &self.bookings[index];
        match booking.status {
            Status::Confirmed => return Ok(200),
            Status::Held => return Err((409, "payment_required")),
            Status::Requested => {}
            _ => return booking.refusal(),
        }
        if !self.is_free(booking.on_request, booking.starts, booking.ends, Some(index)) {
            return Err((409, "slot_taken"));
        }
        let until = self.now + HOLD;
        let booking = &mut self.bookings[index];
        (booking.status, booking.until, booking.was_held) = (Status::Held, until, true);
        Ok(200)
    }

    fn decline(&mut self, index: usize) -> Answer {
        let booking = &mut self.bookings[index];
        match booking.status {
            Status::Declined => {}
            Status::Requested => booking.status = Status::Declined,
            _ => return booking.refusal(),
        }
        Ok(200)
    }

    fn check_in(&mut self, index: usize) -> Answer {
        let (now, booking) = (self.now, &mut self.bookings[index]);
        match booking.status {
            Status::Confirmed if booking.checked_in => Ok(200),
            Status::Confirmed if now < booking.starts - 60 => Err((409, "too_early")),
            Status::Confirmed => {
                booking.checked_in = true;
                Ok(200)
            }
            Status::Held => Err((409, "payment_required")),
            _ => booking.refusal(),
        }
    }

    fn no_show(&mut self, index: usize) -> Answer {
        let (now, booking) = (self.now, &mut self.bookings[index]);
        match booking.status {
            Status::NoShow => Ok(200),
            Status::Confirmed if booking.checked_in => Err((409, "checked_in")),
            Status::Confirmed if now < booking.starts => Err((409, "too_early")),
            Status::Confirmed => {
                booking.status = Status::NoShow;
                Ok(200)
            }
            _ => booking.refusal(),
        }
    }

    /// Half an hour of it.
    fn overtime(&mut self, index: usize) -> Answer {
        let (now, booking) = (self.now, &mut self.bookings[index]);
        match booking.status {
            Status::Confirmed | Status::Completed if now < booking.starts => Err((409, "too_early")),
            Status::Confirmed | Status::Completed if now >= booking.ends + 7 * DAY => Err((409, "too_late")),
            Status::Confirmed | Status::Completed => {
                booking.total += HALF_HOUR;
                Ok(200)
            }
            _ => Err((409, "wrong_status")),
        }
    }

    /// What a payment can be used for; else it goes back, and nothing changes.
    fn pay(&mut self, index: usize, too_much: bool) -> Answer {
        let (now, booking) = (self.now, &self.bookings[index]);
        let due = booking.due();
        let is_usable = match booking.status {
            Status::Held => booking.ends > now,
            Status::Confirmed | Status::Completed | Status::NoShow => true,
            Status::Expired => {
                let is_free = self.is_free(booking.on_request, booking.starts, booking.ends, Some(index));
                booking.was_held && booking.ends > now && is_free
            }
            Status::Requested | Status::Declined | Status::Cancelled => false,
        };
        if is_usable && !too_much && due > 0 {
            let booking = &mut self.bookings[index];
            booking.paid += due;
            if matches!(booking.status, Status::Held | Status::Expired) {
                booking.status = Status::Confirmed;
            }
        }
        Ok(200)
    }

    /// What is taken before the hold lapses keeps the slot when nothing is due any more; later only all of it does, where
    /// the slot is still free.
    fn take_at_desk(&mut self, index: usize, sum: Sum) -> Answer {
        let (now, booking) = (self.now, &self.bookings[index]);
        let (due, amount) = (booking.due(), sum.of(booking.due()));
        match booking.status {
            Status::Held | Status::Confirmed | Status::Completed | Status::NoShow => {}
            Status::Expired if booking.was_held && booking.ends > now && amount >= due => {}
            _ => return booking.refusal(),
        }
        if amount > due {
            return Err((409, "amount_exceeds_due"));
        }
        let lapsed = booking.status == Status::Expired;
        if lapsed && !self.is_free(booking.on_request, booking.starts, booking.ends, Some(index)) {
            return Err((409, "slot_taken"));
        }
        let booking = &mut self.bookings[index];
        booking.paid += amount;
        booking.desk.paid += amount;
        if booking.due() == 0 && matches!(booking.status, Status::Held | Status::Expired) {
            booking.status = Status::Confirmed;
        }
        Ok(200)
    }

    /// What was handed back without a promise counts towards the price no more.
    fn hand_back(&mut self, index: usize, sum: Sum) -> Answer {
        let booking = &mut self.bookings[index];
        let due = booking.desk_refund_due();
        let amount = sum.of(due);
        if amount > due {
            return Err((409, "refund_exceeds_due"));
        }
        let desk = &mut booking.desk;
        desk.handed_back += amount;
        let unpromised = (desk.handed_back - desk.credited - desk.promised).max(0);
        desk.credited += unpromised;
        booking.credited += unpromised;
        Ok(200)
    }

    fn wait(&mut self, minutes: i64) -> Answer {
        self.now += minutes;
        for booking in &mut self.bookings {
            match booking.status {
                Status::Held | Status::Requested if booking.until <= self.now => booking.status = Status::Expired,
                Status::Confirmed if booking.ends <= self.now => booking.status = Status::Completed,
                _ => {}
            }
        }
        Ok(200)
    }
}
