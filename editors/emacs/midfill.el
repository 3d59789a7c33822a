;;; midfill.el --- Code infilling by a local diffusion model  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The Midfill authors
;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1"))
;; Keywords: convenience, languages, tools
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Ghost text at the cursor and next edits, by the language server `midfill',
;; which runs on your own machine.  It has a connection of its own over the
;; built-in jsonrpc library, so it works beside eglot and lsp-mode.
;;
;;   (add-to-list 'load-path "/path/to/midfill/editors/emacs")
;;   (require 'midfill)
;;   (add-hook 'prog-mode-hook #'midfill-mode)
;;
;; While a proposal is shown: TAB accepts, M-<right> a word, M-<down> a line,
;; M-] another candidate, C-g dismisses.  M-x midfill-next-edit goes to the next
;; edit and, called again there, makes it.

;;; Code:

(require 'midfill-document)
(require 'midfill-ghost)
(require 'midfill-next)
(require 'midfill-server)
(require 'project)
(require 'seq)

(defun midfill--project-root ()
  "The folder of the buffer's project."
  (let ((project (project-current)))
    (expand-file-name
     (cond ((null project) default-directory)
           ((fboundp 'project-root) (project-root project))
           (t default-directory)))))

(defun midfill--disabled-p ()
  "Why nothing is proposed in the buffer, or nil."
  (cond ((minibufferp) "this is the minibuffer")
        ((apply #'derived-mode-p midfill-disabled-modes)
         (format "midfill-disabled-modes holds %s" major-mode))
        ((and buffer-file-name
              (seq-find (lambda (folder)
                          (string-prefix-p (file-name-as-directory (expand-file-name folder))
                                           buffer-file-name))
                        midfill-disabled-folders))
         "midfill-disabled-folders holds its folder")))

(defun midfill--lighter ()
  "Text of the mode line."
  (concat " Mid"
          (cond ((eq (plist-get midfill--status :busy) t) "…")
                ((equal (plist-get midfill--status :kind) "Error") "✗")
                ((equal (plist-get midfill--status :kind) "Warning") "!")
                (t ""))))

;;;###autoload
(define-minor-mode midfill-mode
  "Propose code at the cursor, by a model on this machine."
  :lighter (:eval (midfill--lighter))
  (if midfill-mode (midfill--enable) (midfill--disable)))

(defun midfill--enable ()
  "Switch the mode on in the buffer, unless something speaks against it."
  (let ((reason (midfill--disabled-p)))
    (if reason
        (setq midfill-mode nil)
      (setq midfill--root (midfill--project-root))
      (add-hook 'before-change-functions #'midfill--before-change nil t)
      (add-hook 'after-change-functions #'midfill--after-change nil t)
      (add-hook 'after-change-functions #'midfill--forget-next nil t)
      (add-hook 'post-command-hook #'midfill--post-command nil t)
      (add-hook 'kill-buffer-hook #'midfill--close nil t)
      (unless (midfill--connection)
        (condition-case problem
            (midfill--start midfill--root)
          (error (setq midfill--status (list :kind "Error"
                                             :message (error-message-string problem)))
                 (message "%s" (error-message-string problem)))))
      (midfill--open))))

(defun midfill--disable ()
  "Switch the mode off in the buffer."
  (midfill--cancel)
  (midfill--hide)
  (midfill--forget-next)
  (midfill--close)
  (when midfill--timer (cancel-timer midfill--timer))
  (when midfill--resting (cancel-timer midfill--resting))
  (remove-hook 'before-change-functions #'midfill--before-change t)
  (remove-hook 'after-change-functions #'midfill--after-change t)
  (remove-hook 'after-change-functions #'midfill--forget-next t)
  (remove-hook 'post-command-hook #'midfill--post-command t)
  (remove-hook 'kill-buffer-hook #'midfill--close t))

(defun midfill-why ()
  "Say why something was proposed last, or nothing."
  (interactive)
  (let ((connection (midfill--connection)))
    (if (not connection)
        (message "Midfill: %s" (or (midfill--disabled-p) (plist-get midfill--status :message)))
      (let ((outcome (plist-get (jsonrpc-request connection :midfill/trace (make-hash-table))
                                :outcome)))
        (if (equal (plist-get outcome :outcome) "proposal")
            (message "Midfill: proposed with confidence %.2f" (plist-get outcome :confidence))
          (message "Midfill: %s: %s" (plist-get outcome :reason)
                   (plist-get outcome :detail)))))))

(provide 'midfill)
;;; midfill.el ends here
