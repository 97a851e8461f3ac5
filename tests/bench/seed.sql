-- Fill one workspace. A lead's state follows from its number; the first %(handoffs)s leads were handed over once.

INSERT INTO leads_account (workspace_id, created_at, name, domain, industry, employees, country, attributes, search_text)
SELECT %(w)s, now(), 'Account ' || i, 'account' || i || '.example', 'Software', 10 + i %% 2000, 'DE', '{}',
     ' account ' || i || ' account' || i || '.example'
FROM generate_series(1, %(leads)s / 10) i;

INSERT INTO leads_campaign (workspace_id, created_at, code, name, source, cost, currency)
SELECT %(w)s, now(), 'campaign-' || i, 'Campaign ' || i, 'webinar', 1000, 'EUR' FROM generate_series(1, 40) i;

INSERT INTO leads_lead (workspace_id, created_at, attempts, dead_reason, email, first_name, last_name,
     title, phone, country, region, postal_code, territory_why, time_zone, language, source, attributes, consent, flags, state, state_since,
     passes, sequence, fit_points, fit_grade, interest_points, interest_level, readiness_points, readiness, grade, score_lines, interests,
     scored_at, first_contact_at, last_event_at, amount, currency, won_at, lost_at, account_id, campaign_id,
     owner_id, returned_at, cool_off_until)
SELECT %(w)s, now() - (i %% 700) * interval '6 hours', 0, '', 'lead' || i || '@account' || i / 10 || '.example',
     'Lea', 'Leader' || i, 'Head of things', '', 'DE', '', '', '', 'Europe/Berlin', '',
     (ARRAY['organic_search','paid_search','social','webinar','email','unknown',''])[1 + i %% 7], '{}',
     'opted_in', '[]', s.state, now(), CASE WHEN i <= %(handoffs)s THEN 1 ELSE 0 END, 3,
     20 + i %% 50, chr(65 + i %% 4), i %% 60, 1 + i %% 4, 0, 'none', chr(65 + i %% 4) || (1 + i %% 4),
     '[{"kind": "fit", "label": "Seniority", "points": 20, "detail": "", "count": 1, "last_at": null}]', '{}', now(),
     now() - (i %% 700) * interval '6 hours', now(),
     CASE WHEN s.state = 'won' THEN 1000 + i %% 9000 END, CASE WHEN s.state = 'won' THEN 'EUR' ELSE '' END,
     CASE WHEN s.state = 'won' THEN now() END, CASE WHEN s.state = 'lost' THEN now() END,
     a.first + i / 10 %% (%(leads)s / 10), c.first + i %% 40,
     CASE WHEN s.state IN ('mql','sal','sql','won','lost') THEN (%(reps)s::bigint[])[1 + i %% %(n)s] END,
     CASE WHEN i <= %(handoffs)s AND s.state = 'nurture' THEN now() END,
     CASE WHEN i <= %(handoffs)s AND s.state = 'nurture' THEN now() + interval '90 days' END
FROM generate_series(1, %(leads)s) i,
     LATERAL (SELECT CASE WHEN i > %(handoffs)s THEN (CASE WHEN i %% 5 = 0 THEN 'nurture' ELSE 'new' END)
          WHEN i %% 20 = 0 THEN 'mql' WHEN i %% 20 < 4 THEN 'sal' WHEN i %% 20 < 6 THEN 'sql'
          WHEN i %% 20 < 9 THEN 'won' WHEN i %% 20 < 12 THEN 'lost' ELSE 'nurture' END AS state) s,
     (SELECT min(id) AS first FROM leads_account WHERE workspace_id = %(w)s) a,
     (SELECT min(id) AS first FROM leads_campaign WHERE workspace_id = %(w)s) c;

INSERT INTO leads_searchtext (lead_id, workspace_id, account_id, text)
SELECT id, workspace_id, account_id, ' ' || lower(first_name || ' ' || last_name) || ' ' || email
FROM leads_lead WHERE workspace_id = %(w)s;

INSERT INTO leads_handoff (workspace_id, created_at, lead_id, pass_number, state, definition_id, evidence, grade, readiness, tier,
     source, campaign_id, owner_id, routing, offered_at, accepted_at, accepted_by_id, promoted_at, closed_at,
     reason_id, note)
SELECT %(w)s, l.created_at, l.id, 1, s.state, %(definition)s, '{}', l.grade, l.readiness,
     CASE WHEN i %% 3 = 0 THEN 'hot' ELSE 'standard' END, l.source, l.campaign_id,
     CASE WHEN i %% 400 = 0 THEN NULL ELSE (%(reps)s::bigint[])[1 + i %% %(n)s] END, '{}', now() - (i %% 700) * interval '6 hours',
     CASE WHEN s.state IN ('accepted','won','lost') THEN now() END,
     CASE WHEN s.state IN ('accepted','won','lost') THEN (%(reps)s::bigint[])[1 + i %% %(n)s] END,
     CASE WHEN l.state IN ('sql','won','lost') THEN now() END,
     CASE WHEN s.state NOT IN ('offered','accepted') THEN now() END,
     CASE WHEN s.state IN ('returned') THEN %(reason)s END, ''
FROM (SELECT *, substr(last_name, 7)::int AS i FROM leads_lead WHERE workspace_id = %(w)s AND passes = 1) l,
     LATERAL (SELECT CASE l.state WHEN 'mql' THEN 'offered' WHEN 'sal' THEN 'accepted' WHEN 'sql' THEN 'accepted'
              WHEN 'won' THEN 'won' WHEN 'lost' THEN 'lost' ELSE 'returned' END AS state) s;

INSERT INTO leads_transition (workspace_id, created_at, lead_id, handoff_id, sequence, move, from_state, to_state, at,
     recorded_at, note, facts, actor_kind, actor_name)
SELECT %(w)s, now(), l.id, NULL::bigint, 1, 'create', '', 'new', l.created_at, l.created_at, '', '{}'::jsonb, 'engine', 'Leadflow'
FROM leads_lead l WHERE workspace_id = %(w)s
UNION ALL
SELECT %(w)s, now(), h.lead_id, h.id, 2, 'qualify', 'new', 'mql', h.offered_at, h.offered_at, '', '{}'::jsonb, 'engine',
     'Leadflow'
FROM leads_handoff h WHERE workspace_id = %(w)s
UNION ALL
SELECT %(w)s, now(), h.lead_id, h.id, 3, 'return', 'mql', 'nurture', h.closed_at, h.closed_at, '', '{}'::jsonb, 'engine',
     'Leadflow'
FROM leads_handoff h WHERE workspace_id = %(w)s AND state = 'returned';

INSERT INTO sla_clock (workspace_id, created_at, attempts, dead_reason, kind, tier, target_amount, target_unit, state, started_at,
     warn_at, due_at, stopped_at, silent, missing, answer, agreement_id, handoff_id, lead_id, member_id)
SELECT %(w)s, now(), 0, '', 'accept', h.tier, 4, 'hours', CASE WHEN h.state = 'offered' THEN 'running' ELSE 'met' END,
     h.offered_at, now() + interval '3 hours', now() + (h.id %% 240) * interval '1 minute',
     CASE WHEN h.state <> 'offered' THEN now() END, false, '', '', %(agreement)s, h.id, h.lead_id, h.owner_id
FROM leads_handoff h WHERE workspace_id = %(w)s
UNION ALL
SELECT %(w)s, now(), 0, '', 'decide', h.tier, 10, 'days', CASE WHEN h.state = 'accepted' THEN 'running' ELSE 'met' END,
     h.accepted_at, now() + interval '3 days', now() + (h.id %% 9000) * interval '1 minute',
     CASE WHEN h.state <> 'accepted' THEN now() END, false, '', '', %(agreement)s, h.id, h.lead_id, h.owner_id
FROM leads_handoff h WHERE workspace_id = %(w)s AND h.accepted_at IS NOT NULL;

INSERT INTO leads_event (workspace_id, created_at, lead_id, type, name, url, topics, properties, message_id, human,
     clock_skew, occurred_at, received_at)
SELECT %(w)s, now(), f.first + i %% %(leads)s, (ARRAY['page','page','page','download','mail_open'])[1 + i %% 5],
     'Pricing', 'https://www.example.com/pricing', '["pricing"]', '{}', '', true, '',
     now() - (i %% 2000) * interval '1 hour', now()
FROM generate_series(1, %(events)s) i,
     (SELECT min(id) AS first FROM leads_lead WHERE workspace_id = %(w)s) f;
