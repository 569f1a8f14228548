"""平台故障: a recorded window in which the platform failed excuses what was late or missed in it."""
