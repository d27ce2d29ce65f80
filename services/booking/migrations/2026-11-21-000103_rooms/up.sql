CREATE TABLE rooms (
    id                        uuid        PRIMARY KEY,
    version                   bigint      NOT NULL DEFAULT 1,
    studio_id                 uuid        NOT NULL REFERENCES studios (id),
    company_id                uuid        NOT NULL REFERENCES companies (id),
    name                      text        NOT NULL,
    capacity                  integer     NOT NULL CHECK (capacity > 0),
    min_duration_minutes      integer     NOT NULL CHECK (min_duration_minutes > 0),
    max_duration_minutes      integer     CHECK (max_duration_minutes >= min_duration_minutes),
    slot_step_minutes         integer     NOT NULL CHECK (slot_step_minutes > 0),
    turnaround_minutes        integer     NOT NULL CHECK (turnaround_minutes >= 0),
    min_notice_minutes        integer     NOT NULL CHECK (min_notice_minutes >= 0),
    max_advance_days          integer     NOT NULL CHECK (max_advance_days >= 0),
    hold_minutes              integer     NOT NULL CHECK (hold_minutes > 0),
    free_cancellation_minutes integer     NOT NULL CHECK (free_cancellation_minutes >= 0),
    booking_mode              text        NOT NULL CHECK (booking_mode IN ('instant', 'request')),
    created_at                timestamptz NOT NULL,
    updated_at                timestamptz NOT NULL
);
CREATE INDEX rooms_of_studio ON rooms (studio_id, id);
CREATE INDEX rooms_of_company ON rooms (company_id, id);

-- The price list in force. Bookings carry the prices they were made at, so older ones need not be kept.
CREATE TABLE price_lists (
    room_id             uuid        PRIMARY KEY REFERENCES rooms (id) ON DELETE CASCADE,
    version             bigint      NOT NULL,
    currency            text        NOT NULL,
    hourly_rate         bigint      NOT NULL CHECK (hourly_rate >= 0),
    rules               jsonb       NOT NULL,
    duration_discounts  jsonb       NOT NULL,
    cleaning_fee        bigint      NOT NULL CHECK (cleaning_fee >= 0),
    tax_rate            numeric     NOT NULL CHECK (tax_rate BETWEEN 0 AND 100),
    deposit_percent     numeric     CHECK (deposit_percent BETWEEN 0 AND 100),
    cancellation_policy jsonb       NOT NULL,
    updated_at          timestamptz NOT NULL
);

-- An add-on keeps its id as long as its name does. One that left the list stays for the bookings that have it.
CREATE TABLE add_ons (
    id       uuid    PRIMARY KEY,
    room_id  uuid    NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    name     text    NOT NULL,
    position integer NOT NULL,
    per_use  bigint  NOT NULL CHECK (per_use >= 0),
    per_hour bigint  NOT NULL CHECK (per_hour >= 0),
    stock    integer CHECK (stock >= 0),
    listed   boolean NOT NULL,
    CONSTRAINT add_ons_name_key UNIQUE (room_id, name)
);
