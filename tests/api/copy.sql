INSERT INTO account VALUES
  (x'00000000000000000000000000000000', 'odd', 'odd', '', '', 0, '', 'fr', 'ACTIVE', NULL,
   x'ffffffffffffffffffffffffffffffff', 'Straße', '[]', '{}', '$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA',
   -9223372036854775808, 9223372036854775807, NULL, 0, '', NULL),
  (x'ffffffffffffffffffffffffffffffff', 'Ⅸ ODD', 'ⅸ odd', 'É@ecole.example', 'é@ecole.example', 1,
   '👩‍👩‍👧 עברית' || char(1, 9, 10, 13, 27, 127, 65279, 65535, 1114111) || '\''"`%_?$1', NULL, 'LEGACY', 'PENDING',
   NULL, 'STRASSE', '["admin"]', '{"a":"\u0000","b":[1e308,-0.0,null],"ключ":"\"\\"}', NULL, 0, -1, 1, 9007199254740993, 'ⅸ odd', -1),
  (x'5c000a0d275c303030ff00010203047f', 'e' || char(769), 'é', NULL, NULL, 0, printf('%.*c', 200000, 'x') || '…', 'de',
   'DISABLED', 'ACTIVE', x'00000000000000000000000000000001', ' straße ', '[]',
   json_object('long', hex(zeroblob(70000))), '', 1, 1, 1, 1, '%_\', 9223372036854775807);

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1234)
INSERT INTO event
SELECT randomblob(16), 'account.created', i, NULL, NULL, json_object('i', i, 'text', hex(randomblob(i % 50))),
  CASE i % 3 WHEN 0 THEN randomblob(16) END, CASE i % 2 WHEN 0 THEN '192.0.2.0/24' END, NULL FROM n;

INSERT INTO event_seal VALUES (1, 0, x'', 1, x'00');

INSERT INTO first_reply
SELECT caller, randomblob(16), randomblob(32), randomblob(300000), x'00000000000000000000000000000000', 1
FROM (SELECT 'b' AS caller UNION ALL SELECT 'B' UNION ALL SELECT 'a' UNION ALL SELECT 'é' UNION ALL SELECT 'É'
  UNION ALL SELECT 'z' UNION ALL SELECT '' UNION ALL SELECT ' ' UNION ALL SELECT 'a b' UNION ALL SELECT 'a-b');

INSERT INTO session VALUES
  (x'00000000000000000000000000000001', x'00000000000000000000000000000000', '', '::1', '', 1, 1, 1, 1, 0, x'', 1, NULL, NULL, 0),
  (x'00000000000000000000000000000002', x'ffffffffffffffffffffffffffffffff', 'téléphone', '::', '', 1, 1, 1, 1,
   9223372036854775807, x'00', 1, 0, '', 1);

INSERT INTO totp VALUES (x'ffffffffffffffffffffffffffffffff', x'00ff', 1, NULL, 0);

INSERT INTO recovery_code VALUES (x'00', x'ffffffffffffffffffffffffffffffff', 1, 2);

INSERT INTO signing_key VALUES
  ('b', 'ES256', x'00ff', '{}', 1, 1), ('B', 'ES256', x'', '{}', 1, 1), ('_', 'EdDSA', x'27', '{}', 1, 1),
  ('-', 'EdDSA', x'5c', '{}', 1, 1), ('é', 'EdDSA', x'0a', '{}', 1, 1);

INSERT INTO api_key VALUES (randomblob(16), 'NULL', 'admin', x'5c78', 1, NULL, NULL);

INSERT INTO throttle VALUES
  (x'', 1, 0, -1, NULL), (x'00', 1, 0, 1, 0), (x'0000', 1, 0, 1, -1), (x'7f', 1, 0, 1, 1), (x'80', 1, 0, 1, NULL),
  (x'ff', 1, 0, 1, 9223372036854775807);

INSERT INTO reset_code VALUES
  (randomblob(16), x'00000000000000000000000000000000', randomblob(16), 'RESET', randomblob(32), NULL, '', 1, 1, NULL, 0, 0, -1);

INSERT INTO reset_request VALUES
  (randomblob(16), 'RESET_BY_EMAIL', 'Ａ＠Ｂ', NULL, '', 'https://x.example/?a=1&b=%00#é', 1, NULL, '[]', '2001:db8:0:1::/64');

INSERT INTO outbox VALUES
  (randomblob(16), 'reset', '{"Reset":{}}', NULL, '"a b"@ecole.example', 'nl', 'DEAD', 0, 1, 1, NULL, '550 5.1.1 ' || char(13, 10),
   NULL, NULL, NULL, NULL, 0),
  (randomblob(16), 'TEST', '"Test"', NULL, 'É@ecole.example', 'fr', 'BOUNCED', 1, 1, 1, -1, '',
   'é@ecole.example', x'ffffffffffffffffffffffffffffffff', 0, '550 ' || char(9), 9223372036854775807);

INSERT INTO institution VALUES
  (x'00000000000000000000000000000001', NULL, 'FASE 1', 'École « Œuvre »', 'école « œuvre »', 'fr', '{"fr":"Demandez à Léa."}',
   'Ａ@ecole.example', '', -1, 1, 1, 'strict', 64, 24),
  (x'ffffffffffffffffffffffffffffffff', x'00000000000000000000000000000001', NULL, '', '', NULL, '{}', NULL,
   'https://x.example/?a=1#é', 1, 9223372036854775807, 0, '', -1, NULL);

INSERT INTO former_password VALUES
  (randomblob(16), x'00000000000000000000000000000000', '$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA', -1),
  (randomblob(16), x'ffffffffffffffffffffffffffffffff', '', 9223372036854775807);

INSERT INTO event_pruned VALUES (9223372036854775807, -1);

INSERT INTO institution_ancestor VALUES
  (x'00000000000000000000000000000001', x'00000000000000000000000000000001', 0),
  (x'00000000000000000000000000000001', x'ffffffffffffffffffffffffffffffff', 1),
  (x'ffffffffffffffffffffffffffffffff', x'ffffffffffffffffffffffffffffffff', 0);

INSERT INTO institution_member VALUES
  (x'ffffffffffffffffffffffffffffffff', x'00000000000000000000000000000000', 'institution_admin', 1);

INSERT INTO reset_request_account SELECT x'ffffffffffffffffffffffffffffffff', id FROM reset_request;

INSERT INTO import VALUES
  (x'00000000000000000000000000000001', 'old', 'é', x'ffffffffffffffffffffffffffffffff', 'LEGACY', 1, 'RUNNING',
   9223372036854775807, 0, 1, 2, 3, 4, 5, NULL, -1, 1, NULL);

INSERT INTO import_row VALUES
  (x'00000000000000000000000000000001', 1, 'UPDATED', x'00000000000000000000000000000000', 2, '{"username":"é"}', '[]'),
  (x'00000000000000000000000000000001', 9223372036854775807, 'REFUSED', NULL, NULL, NULL, '[["email","INVALID_EMAIL",null]]');

INSERT INTO account_origin VALUES
  ('old', 'id:É', x'00000000000000000000000000000000', 1, x'00ff', x'00000000000000000000000000000001');

INSERT INTO hash_kind VALUES ('{"Bcrypt":{"cost":12}}$argon2id$v=19$m=8,t=1,p=1'), ('');

INSERT INTO retired_key VALUES ('', x'00ff', 1, NULL), ('é', x'', -1, 0);
