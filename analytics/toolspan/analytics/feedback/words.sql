-- What labels mean as values (NULL: no judgement), and which kind of source a word names.
CREATE OR REPLACE TEMP TABLE label_meaning (label VARCHAR, value DOUBLE);
CREATE OR REPLACE TEMP TABLE source_word (word VARCHAR, kind VARCHAR);
