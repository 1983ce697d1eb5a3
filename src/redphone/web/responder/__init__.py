"""The responders' face: the board, the incident room, cases, the rota, customers, the policy."""
