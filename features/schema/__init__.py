"""The rules of the data contract, made from `features/tables` once and used as pandera schemas and as SQL."""
