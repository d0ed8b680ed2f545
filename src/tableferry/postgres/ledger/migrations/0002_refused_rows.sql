-- Refused rows are stored with their chunk until the load is published. A ledger of version 1 may
-- have the column already: in development, it was part of the first file for a day.
ALTER TABLE tableferry.chunks ADD COLUMN IF NOT EXISTS refused jsonb;
COMMENT ON COLUMN tableferry.chunks.refused IS
  'The rows that were left out; moved to quarantine when the load is published.';
