;;; midfill-ghost.el --- Ghost text at the cursor  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The Midfill authors
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Asks for proposals, draws them behind the cursor, takes all or parts of one.

;;; Code:

(require 'cl-lib)
(require 'midfill-document)
(require 'midfill-server)
(require 'subr-x)

(defvar midfill-mode)

(defface midfill-ghost '((t :inherit shadow :slant italic))
  "Proposed text."
  :group 'midfill)

(defface midfill-removed '((t :inherit shadow :strike-through t))
  "Text that a proposal would remove."
  :group 'midfill)

(defvar-local midfill--overlay nil "Overlay of the proposal.")
(defvar-local midfill--removed nil "Strikes out what the proposal replaces.")
(defvar-local midfill--items nil "The items of the last answer.")
(defvar-local midfill--index 0 "Which of them is shown.")
(defvar-local midfill--accepted 0 "Characters of it that were accepted or typed already.")
(defvar-local midfill--asked-tick nil "The buffer's tick when the server was asked last.")
(defvar-local midfill--under-way nil "The id of the request that was not answered yet.")
(defvar-local midfill--timer nil "Asks when no key has come for a while.")
(defvar-local midfill--resting nil "Tells the server of a place once the cursor rests there.")
(defvar-local midfill--told-place nil "Point and the buffer's tick when it was told last.")

(defconst midfill--rest-delay 0.1
  "Seconds without a key after which the server reads ahead around point.")

(defvar midfill-ghost-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "TAB") #'midfill-accept)
    (define-key map (kbd "<tab>") #'midfill-accept)
    (define-key map (kbd "M-<right>") #'midfill-accept-word)
    (define-key map (kbd "M-<down>") #'midfill-accept-line)
    (define-key map (kbd "M-]") #'midfill-next-candidate)
    (define-key map (kbd "C-g") #'midfill-dismiss)
    map)
  "Keys while a proposal is shown.")

(define-minor-mode midfill-ghost-mode
  "On while a proposal is shown; switched by Midfill itself."
  :interactive nil
  :keymap midfill-ghost-mode-map)

(defun midfill--hide ()
  "Take the proposal off the screen."
  (when midfill--overlay (delete-overlay midfill--overlay))
  (when midfill--removed (delete-overlay midfill--removed))
  (setq midfill--overlay nil midfill--removed nil)
  (when midfill-ghost-mode (midfill-ghost-mode -1)))

(defun midfill--item ()
  "The item that is shown, or nil."
  (nth midfill--index midfill--items))

(defun midfill--insert-text (item)
  "The text of ITEM."
  (let ((text (plist-get item :insertText)))
    (if (stringp text) text (plist-get text :value))))

(defun midfill--remainder ()
  "What is left to show of the current item at point, or nil when the text differs."
  (when-let* ((item (midfill--item))
              (text (midfill--insert-text item))
              (start (plist-get item :midfill--start)))
    (when (<= start (point))
      (let ((written (buffer-substring-no-properties start (point))))
        (and (string-prefix-p written text)
             (< (length written) (length text))
             (substring text (length written)))))))

(defun midfill--show ()
  "Draw what is left of the current item."
  (midfill--hide)
  (when-let ((remainder (midfill--remainder)))
    (let ((shown (propertize remainder 'face 'midfill-ghost)))
      ;; The cursor stays before the ghost text.
      (put-text-property 0 1 'cursor t shown)
      (setq midfill--overlay (make-overlay (point) (point)))
      (overlay-put midfill--overlay 'after-string shown)
      (overlay-put midfill--overlay 'midfill t))
    (let ((end (marker-position (plist-get (midfill--item) :midfill--end))))
      (when (> end (point))
        (setq midfill--removed (make-overlay (point) end))
        (overlay-put midfill--removed 'face 'midfill-removed)))
    (midfill-ghost-mode 1)
    t))

(defun midfill--with-place (item)
  "ITEM with the places of its range in the buffer."
  (let ((range (plist-get item :range)))
    (append (list :midfill--start (if range (midfill--at (plist-get range :start)) (point))
                  :midfill--end (copy-marker (if range (midfill--at (plist-get range :end))
                                               (point))))
            item)))

(defun midfill--raw (item)
  "ITEM as the server sent it."
  (cddddr item))

(defun midfill--receive (buffer tick result)
  "Show RESULT in BUFFER if it still is as it was at TICK."
  (when (buffer-live-p buffer)
    (with-current-buffer buffer
      (when (and midfill-mode (= tick (buffer-chars-modified-tick)))
        (let ((items (if (vectorp result) result (plist-get result :items))))
          (setq midfill--items (mapcar #'midfill--with-place items)
                midfill--index 0
                midfill--accepted 0)
          (when (midfill--show)
            (midfill--tell :textDocument/didShowCompletion
                           (list :item (midfill--raw (midfill--item))))))))))

(defun midfill--cancel ()
  "Tell the server that nobody waits for the request under way."
  (when midfill--under-way
    (midfill--tell :$/cancelRequest (list :id midfill--under-way))
    (setq midfill--under-way nil)))

(defconst midfill--max-repeats 6
  "How often a request is made again whose time was over.")

(defun midfill--repeat (buffer tick result trigger-kind repeats)
  "Ask again when the time was over before RESULT; return whether that was done.
What was read of the context by then is kept.  BUFFER must be as it was at TICK;
TRIGGER-KIND is that of the request, which was made REPEATS times before."
  (when (and (equal (plist-get (and (listp result) (plist-get result :midfill)) :reason)
                    "DEADLINE")
             (< repeats midfill--max-repeats)
             (eq buffer (window-buffer)))
    (with-current-buffer buffer
      (when (and midfill-mode (= tick (buffer-chars-modified-tick)))
        (midfill--request trigger-kind (1+ repeats))
        t))))

(defun midfill--request (trigger-kind &optional repeats)
  "Ask for proposals at point; TRIGGER-KIND is 1 by hand, 2 by itself.
REPEATS says how often that was done for the same text."
  (when-let ((connection (and midfill--document-version (midfill--connection))))
    (let ((buffer (current-buffer)) (tick (buffer-chars-modified-tick)) id)
      (setq midfill--asked-tick tick)
      (midfill--cancel)
      (cl-flet ((is-over () (when (buffer-live-p buffer)
                              (with-current-buffer buffer
                                (when (eql midfill--under-way id)
                                  (setq midfill--under-way nil))))))
        ;; The public function does not say which id it took.
        (setq id (car (jsonrpc--async-request-1
                       connection :textDocument/inlineCompletion
                       (list :textDocument (midfill--document) :position (midfill--position)
                             :context (list :triggerKind trigger-kind))
                       :success-fn (lambda (result)
                                     (is-over)
                                     (unless (midfill--repeat buffer tick result trigger-kind
                                                              (or repeats 0))
                                       (midfill--receive buffer tick result)))
                       ;; What was cancelled or replaced ends in an error: nothing to show.
                       :error-fn (lambda (_problem) (is-over))
                       :timeout 30))
              midfill--under-way id)))))

(defun midfill--point-and-tick ()
  "Point and the buffer's tick."
  (cons (point) (buffer-chars-modified-tick)))

(defun midfill--rest (buffer)
  "Tell the server where point is in BUFFER, for it to read there beforehand."
  (when (and (eq buffer (current-buffer)) midfill-mode midfill--document-version
             (not (equal midfill--told-place (midfill--point-and-tick))))
    (setq midfill--told-place (midfill--point-and-tick))
    (midfill--tell :textDocument/didFocus
                   (list :textDocument (midfill--document) :position (midfill--position)))))

(defun midfill--post-command ()
  "Keep what still agrees with the text; ask again when it changed."
  (unless (and midfill--overlay (midfill--show))
    (midfill--hide))
  (unless (eql midfill--asked-tick (buffer-chars-modified-tick))
    (when midfill--timer (cancel-timer midfill--timer))
    (setq midfill--timer
          (run-with-idle-timer midfill-idle-delay nil #'midfill--idle (current-buffer))))
  (unless (equal midfill--told-place (midfill--point-and-tick))
    (when midfill--resting (cancel-timer midfill--resting))
    (setq midfill--resting
          (run-with-idle-timer midfill--rest-delay nil #'midfill--rest (current-buffer)))))

(defun midfill--idle (buffer)
  "Ask in BUFFER, if it is still the one that is typed in."
  (when (and (eq buffer (current-buffer)) midfill-mode
             (not (eql midfill--asked-tick (buffer-chars-modified-tick))))
    (midfill--request 2)))

(defun midfill-complete ()
  "Propose at point now, several candidates."
  (interactive)
  (midfill--request 1))

(defun midfill--take (num-chars)
  "Insert NUM-CHARS of what is shown; all of it ends the proposal."
  (let* ((item (midfill--item))
         (remainder (midfill--remainder))
         (is-all (= num-chars (length remainder)))
         (end (plist-get item :midfill--end)))
    (midfill--hide)
    (undo-boundary)
    (when (and is-all (> end (point))) (delete-region (point) end))
    (insert (substring remainder 0 num-chars))
    (setq midfill--accepted (- (length (midfill--insert-text item))
                               (- (length remainder) num-chars)))
    (if (not is-all)
        (progn
          (midfill--tell :textDocument/didPartiallyAcceptCompletion
                         (list :item (midfill--raw item)
                               :acceptedLength
                               (midfill--num-units
                                (substring (midfill--insert-text item) 0 midfill--accepted))))
          (midfill--show))
      (setq midfill--items nil)
      (midfill--execute (plist-get item :command)))))

(defun midfill--num-units (text)
  "UTF-16 units of TEXT."
  (cl-loop for char across text sum (if (> char #xFFFF) 2 1)))

(defun midfill-accept ()
  "Insert the proposal."
  (interactive)
  (when-let ((remainder (midfill--remainder)))
    (midfill--take (length remainder))))

(defun midfill-accept-word ()
  "Insert the first word of the proposal."
  (interactive)
  (when-let ((remainder (midfill--remainder)))
    (string-match "\\`[ \t\n]*\\(?:[[:alnum:]_]+\\|[^[:alnum:]_ \t\n]+\\)?" remainder)
    (midfill--take (match-end 0))))

(defun midfill-accept-line ()
  "Insert the first line of the proposal."
  (interactive)
  (when-let ((remainder (midfill--remainder)))
    (midfill--take (or (string-match "\n" remainder 1) (length remainder)))))

(defun midfill-next-candidate ()
  "Show another candidate; ask for several when there is one at most."
  (interactive)
  (if (cdr midfill--items)
      (progn
        (setq midfill--index (mod (1+ midfill--index) (length midfill--items)))
        (midfill--show)
        (midfill--tell :textDocument/didShowCompletion
                       (list :item (midfill--raw (midfill--item)))))
    (midfill--request 1)))

(defun midfill-dismiss ()
  "Take the proposal away; the server learns that it was not wanted."
  (interactive)
  (when-let ((id (plist-get (plist-get (midfill--item) :midfill) :id)))
    (midfill--tell :midfill/didReject (list :id id)))
  (midfill--cancel)
  (setq midfill--items nil)
  (midfill--hide))

(provide 'midfill-ghost)
;;; midfill-ghost.el ends here
