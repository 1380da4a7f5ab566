"""The model owner's room: encrypt, register, grant; and what others do with an encrypted model."""
