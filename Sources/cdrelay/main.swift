print("cdrelay")
