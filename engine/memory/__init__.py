"""What the user's files say of the token that comes next, and what that is worth."""
