DROP TRIGGER blackouts_free_on_delete ON blackout_periods;
DROP FUNCTION notice_waitlist_opening_of_blackout();
