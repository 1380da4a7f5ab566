"""What all of our HTTP servers share, as strangers reach them: deadlines, caps, Host check, rate limits."""
