"""应声 (Yingsheng): inquiries claimed, answered within a minute, and paid for, exactly."""
