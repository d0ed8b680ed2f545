-- Refused rows wait with their chunk for the load to be published. A ledger of version 1 may have
-- the column already: for a day of development it stood in the first file.
ALTER TABLE tableferry.chunks ADD COLUMN IF NOT EXISTS refused jsonb;
COMMENT ON COLUMN tableferry.chunks.refused IS
  'The rows that were left out, until the load is published and they are in quarantine.';
