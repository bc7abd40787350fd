"""What happens: contacts, visits, assessments, requests, ties and supply, before anybody records it."""
