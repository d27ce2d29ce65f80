DROP TABLE recovery_codes, totp_factors;
