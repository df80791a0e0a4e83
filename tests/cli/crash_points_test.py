"""A run that is killed at any system call that changes something is completed by the same command: what
issues. `crash_points_other_test.py` has the other commands. A sample of the points, all of them in the soak.
"""

from crash_points import main
from issuing_cases import IssuingCases


class Issuing(IssuingCases):
    most = 20

    def test_client_issue_is_completed_by_the_same_command(self):
        self.crash_everywhere(*self.case_client_issue(), 40, self.most)

    def test_a_replacement_keeps_the_old_set_until_the_new_one_is_recorded(self):
        self.crash_everywhere(*self.case_replacement(), 40, self.most)

    def test_ca_init_is_completed_by_the_same_command(self):
        self.crash_everywhere(*self.case_ca_init(), 60, self.most)

    def test_ca_init_below_a_parent_is_completed_by_the_same_command(self):
        self.crash_everywhere(*self.case_ca_init_below_a_parent(), 80, self.most)

    def test_ca_sign_is_done_by_the_same_command(self):
        self.crash_everywhere(*self.case_ca_sign(), 30, self.most)

    def test_ca_sign_with_a_request_key_is_completed_by_the_same_command(self):
        self.crash_everywhere(*self.case_ca_sign_with_a_request_key(), 30, self.most)


if __name__ == "__main__":
    main()
