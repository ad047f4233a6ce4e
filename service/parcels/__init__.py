"""The parcel book: land as surveyed, its versions, its protection, its approvals."""
