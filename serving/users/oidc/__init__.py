"""Sign-in through the county's own identity provider (OpenID Connect): pages by code flow, the API by bearer token."""
