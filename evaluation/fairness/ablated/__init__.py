"""What a model loses, and what gap it closes, when it learns again without what tells the recording instance."""
