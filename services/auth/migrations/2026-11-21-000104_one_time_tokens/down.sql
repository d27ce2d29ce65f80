DROP TABLE registrations, one_time_tokens;
